"""An instructor's term: nbgrader courses, hand-ins mended and collected, gradebook files, reports."""
