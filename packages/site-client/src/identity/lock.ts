import { createHash } from "node:crypto";
import { rmSync, statSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { siteError } from "../errors.js";

/** A held lock; the system lets go of it when the process ends, however it ends. */
export interface FolderLock {
  release(): Promise<void>;
}

/**
 * The lock is a listening socket, because that is the one thing plain Node can own exclusively that a killed process
 * cannot leave behind: an abstract socket on Linux, a named pipe on Windows. Elsewhere it is a socket file, which is
 * taken over when nobody answers on it. It is named after the folder's device and inode, so that two paths to one
 * folder are one lock. Processes in different network namespaces do not see each other's.
 */
function lockAddress(root: string): { path: string; leftover: boolean } {
  const { dev, ino } = statSync(root, { bigint: true });
  const name = `fedace-site-${createHash("sha256").update(`${dev}:${ino}`).digest("hex").slice(0, 32)}`;
  if (process.platform === "linux") return { path: `\0${name}`, leftover: false };
  if (process.platform === "win32") return { path: `\\\\.\\pipe\\${name}`, leftover: false };
  return { path: join(tmpdir(), `${name}.lock`), leftover: true };
}

function listen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve(undefined);
      else reject(error);
    });
    server.listen(path, () => {
      server.unref();
      resolve(server);
    });
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => {
      resolve(false);
    });
  });
}

/**
 * Locks a data folder for this process.
 *
 * @throws DATA_FOLDER_IN_USE
 */
export async function lockDataFolder(root: string): Promise<FolderLock> {
  const { path, leftover } = lockAddress(root);
  let server = await listen(path);
  if (server === undefined && leftover && !(await answers(path))) {
    rmSync(path, { force: true });
    server = await listen(path);
  }
  if (server === undefined) {
    throw siteError("DATA_FOLDER_IN_USE", `Another fedace-site process is using the data folder ${root}.`);
  }
  const held = server;
  return {
    release: () =>
      new Promise((resolve) => {
        held.close(() => {
          resolve();
        });
      }),
  };
}
