"""The conversation: its model, its engine, its graph, its transcript. Pydantic and nothing else."""
