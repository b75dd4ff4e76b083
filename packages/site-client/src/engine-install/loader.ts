/**
 * Source of a native addon that loads another shared library for good and returns what was written to standard error
 * meanwhile. libtensorflow's constructors greet before any of its settings is read, so there is no other way to keep a
 * command's output to what it has to say.
 */
export const LOADER_SOURCE = String.raw`
#include <dlfcn.h>
#include <fcntl.h>
#include <node_api.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cstdio>
#include <string>

static std::string takeAll(int file) {
  std::string text;
  char block[4096];
  lseek(file, 0, SEEK_SET);
  for (ssize_t n; (n = read(file, block, sizeof block)) > 0;) text.append(block, n);
  return text;
}

static napi_value load(napi_env env, napi_callback_info info) {
  size_t count = 1, length = 0;
  napi_value argument, result = nullptr;
  char path[4096];
  if (napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr) != napi_ok || count != 1 ||
      napi_get_value_string_utf8(env, argument, path, sizeof path, &length) != napi_ok) {
    napi_throw_type_error(env, nullptr, "load needs a path");
    return nullptr;
  }
  fflush(stderr);
  const int errors = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  const int written = memfd_create("stderr", MFD_CLOEXEC);
  const bool aside = errors >= 0 && written >= 0 && dup2(written, STDERR_FILENO) >= 0;
  const bool loaded = dlopen(path, RTLD_LAZY) != nullptr;
  const std::string problem = loaded ? "" : dlerror();
  fflush(stderr);
  if (aside) dup2(errors, STDERR_FILENO);
  const std::string text = written >= 0 ? takeAll(written) : "";
  if (errors >= 0) close(errors);
  if (written >= 0) close(written);
  if (!loaded) {
    napi_throw_error(env, nullptr, problem.c_str());
    return nullptr;
  }
  napi_create_string_utf8(env, text.c_str(), text.size(), &result);
  return result;
}

NAPI_MODULE_INIT() {
  napi_value function = nullptr;
  napi_create_function(env, "load", NAPI_AUTO_LENGTH, load, nullptr, &function);
  return function;
}
`;
