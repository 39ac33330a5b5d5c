"""The course: its map, its evidence, its figures, quizzes and exercises."""
