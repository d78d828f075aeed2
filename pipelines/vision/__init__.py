"""Classical building blocks: matting, body, garment, warp, inpaint, super-resolution, rendering."""
