// Makes sure that a container engine answers, where that can be done without asking anyone.
// Plain JavaScript without dependencies: it runs before the packages are installed, on Node 20 or newer.
import { execFile, spawn } from "node:child_process";
import { access, constants, mkdir, open, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * @typedef {{ available: true, started: boolean, version: string, reason?: undefined }} DockerAvailable
 *   `started`: the daemon was started by this call.
 * @typedef {{ available: false, reason: string }} DockerMissing  `reason` is for the user.
 * @typedef {object} Options
 * @property {(line: string) => void} log                 one line of progress
 * @property {boolean} [allowInstall]                     false: neither install nor start anything; default true
 * @property {readonly string[]} [daemonArgs]             more arguments of dockerd, such as a data root of its own
 * @property {string} [socket]                            the daemon's socket, if not the default one
 * @property {string} [stateFolder]                       where the daemon's log and pid file are kept
 */

// Neither a bridge nor packet filter rules: our containers use the host's network, and a machine that is a container
// itself may allow neither.
const DAEMON_ARGS = ["--iptables=false", "--ip6tables=false", "--bridge=none"];
const DEFAULT_STATE_FOLDER = "/var/run/sluice-docker";
const START_TIMEOUT_MS = 30_000;
const INSTALL_TIMEOUT_MS = 300_000;

/**
 * Finds a container engine; else, on Debian or Ubuntu as root, installs docker.io and starts its daemon, which stays up
 * after this process. Never rejects.
 * @param {Options} options
 * @returns {Promise<DockerAvailable | DockerMissing>}
 */
export async function ensureDocker(options) {
  try {
    const version = await engineVersion(options.socket);
    if (version !== undefined) return { available: true, started: false, version };
    if (options.allowInstall === false) return missing("no Docker engine answers");
    const obstacle = await obstacleToInstalling();
    if (obstacle !== undefined) return missing(`no Docker engine answers, and ${obstacle}`);
    if (!(await onPath("dockerd"))) {
      const failure = await install(options.log);
      if (failure !== undefined) return missing(failure);
      // Where systemd runs, the package has started its daemon already.
      const installed = await engineVersion(options.socket);
      if (installed !== undefined) return { available: true, started: true, version: installed };
    }
    return await startDaemon(options);
  } catch (error) {
    return missing(error instanceof Error ? error.message : String(error));
  }
}

/** @param {string} reason @returns {DockerMissing} */
function missing(reason) {
  return { available: false, reason };
}

/**
 * The server's version, or undefined when none answers.
 * @param {string} [socket]
 */
async function engineVersion(socket) {
  const host = socket === undefined ? [] : ["--host", `unix://${socket}`];
  const answer = await run("docker", [...host, "version", "--format", "{{.Server.Version}}"], 10_000);
  return answer.code === 0 && answer.stdout.trim() !== "" ? answer.stdout.trim() : undefined;
}

/** Why this machine is not one to install Docker on, or undefined. */
async function obstacleToInstalling() {
  if (process.platform !== "linux") return "it can be started by hand only on this system: start Docker Desktop";
  if (process.env["DOCKER_HOST"] !== undefined) return `$DOCKER_HOST points to ${process.env["DOCKER_HOST"]}`;
  if (process.getuid?.() !== 0) return "only root can start one: sudo systemctl start docker";
  if (await onPath("dockerd")) return undefined;
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  if (/^ID(_LIKE)?=.*(debian|ubuntu)/m.test(release)) return undefined;
  return "it is installed automatically only on Debian and Ubuntu: install Docker";
}

/** @param {(line: string) => void} log @returns {Promise<string | undefined>} what failed */
async function install(log) {
  log("installing docker.io by apt-get (about a minute)");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", "docker.io"]]) {
    const result = await run("apt-get", ["-q", "-o", "DPkg::Lock::Timeout=60", ...args], INSTALL_TIMEOUT_MS, env);
    if (result.code !== 0) return `apt-get ${args.join(" ")} failed: ${lastLine(result.stderr || result.stdout)}`;
  }
  // Debian splits the client off as docker-cli and only recommends it.
  if (!(await onPath("docker"))) await run("apt-get", ["-q", "install", "-y", "docker-cli"], INSTALL_TIMEOUT_MS, env);
  return undefined;
}

/** @param {Options} options @returns {Promise<DockerAvailable | DockerMissing>} */
async function startDaemon(options) {
  const folder = options.stateFolder ?? DEFAULT_STATE_FOLDER;
  const logFile = `${folder}/dockerd.log`;
  await mkdir(folder, { recursive: true });
  options.log(`starting dockerd; its log is ${logFile}`);
  const host = options.socket === undefined ? [] : ["--host", `unix://${options.socket}`];
  if (options.socket !== undefined) await mkdir(dirname(options.socket), { recursive: true });
  const log = await open(logFile, "w");
  const args = [...DAEMON_ARGS, ...host, ...(options.daemonArgs ?? [])];
  const daemon = spawn("dockerd", args, { detached: true, stdio: ["ignore", log.fd, log.fd] });
  const ended = new AbortController();
  daemon.once("exit", () => ended.abort());
  daemon.once("error", () => ended.abort());
  daemon.unref();
  await log.close();
  if (daemon.pid !== undefined) await writeFile(`${folder}/sluice-dockerd.pid`, `${daemon.pid}\n`);
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && !ended.signal.aborted) {
    const version = await engineVersion(options.socket);
    if (version !== undefined) return { available: true, started: true, version };
    await sleep(200);
  }
  // One that does not answer is of no use and holds the pid file of the next.
  if (!ended.signal.aborted && daemon.pid !== undefined) process.kill(daemon.pid, "SIGTERM");
  return missing(`dockerd does not come up: ${lastLine(await readFile(logFile, "utf8"))} (${logFile})`);
}

/** @param {string} name */
async function onPath(name) {
  for (const folder of (process.env["PATH"] ?? "").split(":")) {
    const found = await access(`${folder}/${name}`, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}

/**
 * Runs a command to its end; never rejects.
 * @param {string} command @param {readonly string[]} args @param {number} timeout in ms @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<{ code: number, stdout: string, stderr: string }>}
 */
function run(command, args, timeout, env = process.env) {
  return new Promise((resolve) => {
    execFile(command, args, { timeout, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
      resolve({ code, stdout, stderr: stderr === "" && error !== null ? error.message : stderr });
    });
  });
}

/** @param {string} text */
function lastLine(text) {
  return text.trim().split("\n").at(-1) ?? "";
}
