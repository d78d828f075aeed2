"""The draft engine: nothing to download, CPU, offline; one module per tool on top of `pipelines.vision`."""
