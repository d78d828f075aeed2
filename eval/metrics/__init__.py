"""Kernels that compare pictures: pure functions of arrays, one file each."""
