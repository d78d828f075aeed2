"""Engine 2: open weights through diffusers. Cards say which model does what, lending holds them, recipes know how to ask."""
