"""From one picture to moving ones: layers with depth, a camera, cloth and hair that sway, light that passes, and the file."""
