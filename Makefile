# Two commands matter: `make serve` and `make test`. Both set up what they need, once.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: serve test book facilitator lab bench lint lock clean

serve: book  ## build the book and open it on 127.0.0.1
	$(BIN)/partners serve

book: $(READY)  ## build the book into _build/html
	$(BIN)/jupyter-book build . -n -W --keep-going

facilitator: $(READY)  ## build the facilitator edition into _build/facilitator
	$(BIN)/jupyter-book build . -n -W --keep-going --path-output _build/facilitator \
	  --config facilitation/_config.yml --toc facilitation/_toc.yml

lab: $(READY)  ## open the course in JupyterLab
	$(BIN)/jupyter lab --notebook-dir=.

test: $(READY) lint book facilitator  ## lint, types, content, and every test, in a real browser too
	$(BIN)/python tests/chromium.py
	$(BIN)/python tests/hub/machine.py
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder --durations 20

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY) book  ## ratios of time and bytes, measured side by side
	$(BIN)/python tests/chromium.py
	$(BIN)/python benches/page.py
	$(BIN)/python benches/checker.py
	$(BIN)/python benches/book.py
	$(BIN)/python benches/coach.py
	$(BIN)/python benches/grade.py
	$(BIN)/python benches/room.py

lock: $(READY)  ## bring requirements.lock up to date with pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
	  --group dev --upgrade pyproject.toml -o requirements.lock

clean:  ## remove what was built; the environment stays
	rm -rf _build .pytest_cache .mypy_cache .ruff_cache
	$(if $(wildcard $(BIN)/partners),$(BIN)/partners clean)

# uv installs in seconds what takes pip a minute; pip is the way round where uv cannot reach the index.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Partners needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv
	sed -n '/^uv==/,/# via/p' requirements.lock > .venv/uv.lock
	$(BIN)/pip install --quiet --require-hashes -r .venv/uv.lock
	$(BIN)/uv pip sync --python $(BIN)/python --compile-bytecode --require-hashes requirements.lock || \
	  $(BIN)/pip install --no-deps --require-hashes -r requirements.lock
	$(BIN)/uv pip install --python $(BIN)/python --no-deps --no-build-isolation --offline --editable .
	$(BIN)/jupytext-config --settings-file .venv/etc/jupyter/labconfig/default_setting_overrides.json \
	  set-default-viewer markdown myst
	touch $(READY)
