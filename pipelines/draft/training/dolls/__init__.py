"""Paper-thin people for training: any pose, build, hair and dress at a few milliseconds each, with exact labels."""
