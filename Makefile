# Tongbiao (同标): every command that a developer needs. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := target/release

help: ## 列出命令 / list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

setup: ## 安装构建所需 / install what the build needs
	@.ci/setup build

demo: setup ## 演示：从天津签章到北京互认，再到离线审计 / the main job, end to end
	cargo build --release --locked --bins
	$(BIN)/tongbiao-demo demo-data

run: setup ## 以开发密钥启动网关 / a gateway with development keys, until Ctrl-C
	cargo build --release --locked --bins
	$(BIN)/tongbiao-demo --serve run-data

test: setup ## 全部测试 / all tests
	@.ci/setup test
	cargo test --workspace --all-features --locked

check: setup ## 格式、静态检查、依赖许可、文档 / format, lints, licences, documents
	@.ci/setup check
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --all-features --locked
	cargo deny check licenses bans sources

conformance: setup ## 三地一致性测试 / the three regional suites against a fresh gateway
	cargo build --release --locked --bins
	$(BIN)/tongbiao-demo --conformance conformance-data

vectors: setup ## 补齐敌意语料并核对 / make the vectors that are missing, and check all of them
	cargo run --locked -p conformance --bin tongbiao-conformance -- vectors conformance/vectors

fuzz: setup ## 模糊测试，每个目标 SECONDS 秒 / every fuzz target for SECONDS seconds (600)
	fuzz/run.sh $(or $(SECONDS),600)

mutants: setup ## 变异测试验证步骤 / mutation testing of the verification steps
	@command -v cargo-mutants >/dev/null || { echo "需要 cargo-mutants / cargo-mutants is needed: cargo install cargo-mutants" >&2; exit 69; }
	cargo mutants --jobs 1 --output mutants-data

sweep: setup ## 逐个系统调用注入故障，核对账本 / every system call of the ledger fails once, and nothing acknowledged is lost
	@.ci/setup sweep
	cargo run --release --locked -p ledger --features log --example fault_sweep

simulate: setup ## 模拟断电 POWER_CUTS 次，SEED 为起始种子 / the ledger on a simulated disk that loses power (100000 times), from SEED on
	$(if $(SEED),SEED=$(SEED)) $(if $(POWER_CUTS),POWER_CUTS=$(POWER_CUTS)) \
	cargo test --release --locked -p ledger --features log --lib -- --ignored --nocapture simulated

differential: setup ## SM2 各算法路径与 OpenSSL、RustCrypto 对照 CASES 例 / every way of SM2, OpenSSL and RustCrypto over CASES cases (1000000) from SEED
	@.ci/setup test
	cargo run --release --locked -p certs --features signing --example sm2_differential -- --cases $(or $(CASES),1000000) --seed $(or $(SEED),1)

soak: setup ## kill -9 MINUTES 分钟（60） / the ledger killed again and again for MINUTES (60)
	SOAK_MINUTES=$(or $(MINUTES),60) cargo test --release --locked -p ledger --features log --test crash -- --nocapture

interop: demo ## 独立程序复核 / programs that we did not write check the demo's ledger, and logs of many sizes
	@.ci/setup interop
	conformance/interop/run.sh demo-data/ledger demo-data/ledger.vkey demo-data/receipts
	cargo build --release --locked -p ledger --features log --example referee_log
	conformance/interop/sizes.sh

bench: setup ## 测速，均为同机同次对比 / speed, as ratios measured in one run
	@.ci/setup bench
	cargo build --release --locked --bins
	cargo build --release --locked -p certs -p seals -p adapters -p ledger --all-features --examples
	conformance/bench.sh

clean: ## 删除构建与演示数据 / remove what was built or made
	cargo clean
	rm -rf demo-data run-data conformance-data bench-data mutants-data fuzz/work fuzz/target

.PHONY: help setup demo run test check conformance vectors fuzz mutants differential sweep simulate soak interop bench clean
