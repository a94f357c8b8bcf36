//! A process that hosts one local model with llama.cpp.

fn main() {
    gatehouse_engine::sleep_while_waiting();
    let code = gatehouse_engine::serve();
    gatehouse_engine::ffi::end_process(code)
}
