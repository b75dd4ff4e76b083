/** Prints what is known of the Python that runs it, as JSON. */
export const DESCRIBE_PYTHON = `
import importlib.util, json, sys
has = lambda name: importlib.util.find_spec(name) is not None
print(json.dumps({"version": sys.version_info[:2], "pip": has("pip"), "venv": has("venv") and has("ensurepip")}))
`;

/**
 * Downloads argv[1] to argv[2]; Python's urllib knows this machine's proxies and certificates, which Node's fetch does
 * not. Prints bytes done and in all.
 */
export const DOWNLOAD = `
import sys, urllib.request
with urllib.request.urlopen(sys.argv[1], timeout=60) as answer, open(sys.argv[2], "wb") as out:
    total, done = int(answer.headers.get("Content-Length") or 0), 0
    while block := answer.read(1 << 22):
        done += out.write(block)
        print(done, total, flush=True)
`;

/**
 * Unpacks what is needed of a wheel of TensorFlow or an archive of libtensorflow: argv[1] the file, argv[2] the folder
 * for libraries, argv[3] the folder for headers. Names are matched whole, so that none can lead elsewhere. Prints bytes
 * done and in all.
 */
export const UNPACK = String.raw`
import os, re, shutil, sys, tarfile, zipfile
archive, libraries, headers = sys.argv[1:4]
LIBRARY = re.compile(r"(?:\./)?(?:tensorflow|lib)/(libtensorflow[\w.]*\.so[\w.]*)")
HEADER = re.compile(r"(?:\./)?(?:tensorflow/)?include/((?:tensorflow/(?:c|core)|tsl|xla/tsl|absl|google)/[\w./+-]+)")

def place(name):
    found = LIBRARY.fullmatch(name)
    if found: return os.path.join(libraries, found[1])
    found = HEADER.fullmatch(name)
    if found and ".." not in found[1].split("/"): return os.path.join(headers, found[1])

def write(members, total):
    done = 0
    for path, size, source in members:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with source as stream, open(path, "wb") as out:
            while block := stream.read(1 << 22):
                done += out.write(block)
                if size > 1 << 22: print(done, total, flush=True)

if zipfile.is_zipfile(archive):
    with zipfile.ZipFile(archive) as z:
        wanted = [(place(i.filename), i) for i in z.infolist() if not i.is_dir() and place(i.filename)]
        write(((path, i.file_size, z.open(i)) for path, i in wanted), sum(i.file_size for _, i in wanted))
else:
    with tarfile.open(archive) as t:
        wanted = [(place(m.name), m) for m in t.getmembers() if place(m.name)]
        files = [(path, m) for path, m in wanted if m.isfile()]
        write(((path, m.size, t.extractfile(m)) for path, m in files), sum(m.size for _, m in files))
        for path, m in wanted:
            if m.issym() and "/" not in m.linkname: os.symlink(m.linkname, path)
`;
