/** Error codes of `fedace-site engine install`; part of `SITE_ERRORS`. */
export const ENGINE_ERRORS = {
  ENGINE_INSTALL_PLATFORM: {
    exit: "resources",
    cause: "libtensorflow is not published for this system, processor or C library.",
    remedy: "Use --engine wasm, which runs everywhere, or a Linux with glibc 2.27 or newer.",
  },
  ENGINE_INSTALL_NODE: {
    exit: "resources",
    cause:
      "Node is too old, or npm did not install the package whose addon is to be built or that of Node's C headers.",
    remedy: "Install FedACE again with npm: it brings @tensorflow/tfjs-node-gpu and node-api-headers.",
  },
  ENGINE_INSTALL_COMPILER: {
    exit: "resources",
    cause: "There is no C++ compiler that can be run.",
    remedy: "Install one (Debian: `apt install g++`; Red Hat: `dnf install gcc-c++`), or name it in CXX.",
  },
  ENGINE_INSTALL_PYTHON: {
    exit: "resources",
    cause: "There is no Python 3.9 or newer with what the installation needs of it.",
    remedy: "Install Python with pip and venv, or name another one with --python.",
  },
  ENGINE_INSTALL_DISK: {
    exit: "resources",
    cause: "The disk of the folder for engines has too little room.",
    remedy: "Free space, or set FEDACE_CACHE or --data to a folder on a larger disk.",
  },
  ENGINE_INSTALL_BUSY: {
    exit: "state",
    cause: "Another process is installing this engine in the same folder.",
    remedy: "Wait until it has ended.",
  },
  ENGINE_INSTALL_DOWNLOAD: {
    exit: "network",
    cause: "libtensorflow cannot be downloaded.",
    remedy:
      "Check the package index in `pip config list`, or fetch the wheel elsewhere and give it with --wheel; --python names a Python of another version.",
  },
  ENGINE_INSTALL_LIBRARY: {
    exit: "input",
    cause: "The wheel or archive does not hold libtensorflow with its headers for this system.",
    remedy: "Give a Linux wheel of tensorflow or tensorflow-cpu for this processor, or an archive of libtensorflow.",
  },
  ENGINE_INSTALL_BUILD: {
    exit: "resources",
    cause: "The native addon cannot be compiled or linked.",
    remedy: "Use a compiler that knows C++17 (g++ 8 or newer), named in CXX if it is not the default.",
  },
  ENGINE_INSTALL_CHECK: {
    exit: "resources",
    cause: "The engine was built but does not load, or does not compute what the reference does.",
    remedy: "Try another version of TensorFlow with --wheel; the wasm engine is not touched by this.",
  },
} as const;
