"""How each tool is done with a model: one module per tool with `needs(task)` and `run(task, model, progress)`. No torch here."""
