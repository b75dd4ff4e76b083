// Compiles the AssemblyScript kernels into dist/engine/wasm. Run by `npm run build`.
