# Thin: meson does the work. `make run` and `make test` set the machine up first when something is missing.
BUILD ?= build
CONFIG ?= configs/quickstart.yaml
DATA ?= data

.PHONY: all run test sanitize data docs install clean setup
all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

run: all
	$(BUILD)/core/tools/quotient-run $(CONFIG)

test: all
	meson test -C $(BUILD) --print-errorlogs

# The same suites with AddressSanitizer and UndefinedBehaviorSanitizer.
sanitize: setup
	test -f build-sanitize/build.ninja || meson setup build-sanitize --buildtype=debugoptimized \
		-Db_sanitize=address,undefined -Db_lundef=false
	ninja -C build-sanitize
	meson test -C build-sanitize --print-errorlogs --timeout-multiplier 4

data:
	scripts/fetch-data.sh $(DATA)

# Regenerate what is generated from the option tables and from the circuits.
docs: all
	$(BUILD)/core/tools/quotient-plugins docs > docs/configuration.md
	$(BUILD)/core/tools/quotient-plugins costs > docs/circuit-costs.md

install: all
	meson install -C $(BUILD)

clean:
	rm -rf build build-sanitize build-ci

setup:
	@scripts/setup.sh

$(BUILD)/build.ninja: | setup
	meson setup $(BUILD) --buildtype=release
