# Targets are one line each; the work is in scripts/. ARGS are passed on to ansible-playbook.
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: demo demo-down verify test lint docs tenant bench
demo: ; @scripts/demo up $(ARGS)
demo-down: ; @scripts/demo down $(ARGS)
verify: ; @scripts/demo verify $(ARGS)
test: ; @scripts/test $(ARGS)
docs: ; @scripts/docs
lint: ; @scripts/setup developer && scripts/lint
tenant: ; @scripts/setup developer && scripts/tenant $(ARGS)
bench: ; @scripts/setup developer && scripts/bench $(ARGS)
