// A server of its own for each test: started on free ports, stopped and cleaned up afterwards.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestContext } from 'node:test';

export const binary = process.env.WEIR_BINARY ?? resolve(process.cwd(), '../../build/weir');

export const shop = `
CREATE TABLE product (id bigint PRIMARY KEY, name text, category text, price numeric(10,2));
CREATE MATERIALIZED VIEW category_total AS
  SELECT category, count(*) AS products, sum(price) AS value FROM product GROUP BY category;
`;

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  json: any;
}

export interface Options {
  sql?: string;
  data?: boolean; // keep a log
  args?: string[];
}

export class Weir {
  process!: ChildProcess;
  http = '';
  admin = '';
  stderr = '';
  readonly directory = mkdtempSync(join(tmpdir(), 'weir-e2e-'));

  constructor(private readonly options: Options) {}

  /** Started and ready; stopped when the test ends. */
  static async start(test: TestContext, options: Options = {}): Promise<Weir> {
    const weir = new Weir(options);
    test.after(async () => {
      await weir.kill('SIGKILL');
      rmSync(weir.directory, { recursive: true, force: true });
    });
    await weir.run();
    return weir;
  }

  async run(http = '127.0.0.1:0'): Promise<void> {
    const file = join(this.directory, 'schema.sql');
    writeFileSync(file, this.options.sql ?? shop);
    const data = this.options.data ? join(this.directory, 'data') : 'none';
    const args = ['serve', '--http', http, '--admin', '127.0.0.1:0', '--data', data, ...(this.options.args ?? []), file];
    this.stderr = '';
    this.process = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    await new Promise<void>((done, fail) => {
      if (process.env.WEIR_VERBOSE) this.process.stderr!.pipe(process.stderr);
    this.process.stderr!.setEncoding('utf8').on('data', (text: string) => {
        this.stderr += text;
        const ready = /^weir: ready http=(\S+) admin=(\S+)$/m.exec(this.stderr);
        if (!ready) return;
        this.http = ready[1]!;
        this.admin = ready[2]!;
        done();
      });
      this.process.once('exit', (code, signal) => fail(new Error(`weir ended (${code ?? signal}): ${this.stderr}`)));
    });
  }

  get url(): string {
    return `http://${this.http}`;
  }

  get port(): number {
    return Number(this.http.split(':')[1]);
  }

  /** Sends the signal and waits for the end; returns the exit status, or the signal. */
  async kill(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    const running = this.process;
    if (!running || running.exitCode !== null || running.signalCode !== null) return running?.exitCode ?? 0;
    const ended = new Promise<number | NodeJS.Signals>((done) => running.once('exit', (code, by) => done(code ?? by!)));
    running.kill(signal);
    return ended;
  }

  async ask(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(this.url + path, init);
    const text = await response.text();
    let json: any;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    return { status: response.status, headers: response.headers, text, json };
  }

  async post(path: string, rows: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask(path, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(rows) });
  }

  async sql(text: string): Promise<any> {
    const response = await fetch(`http://${this.admin}/sql`, { method: 'POST', headers: { 'Content-Type': 'application/sql' }, body: text });
    return response.json();
  }

  /** Resident memory in bytes. */
  memory(): number {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.process.pid}/status`, 'utf8'))![1]) * 1024;
  }

  /** Processor time in seconds. */
  cpu(): number {
    const fields = readFileSync(`/proc/${this.process.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  raw(): Raw {
    return new Raw(this.port);
  }
}

/** A bare socket, for what no client library would send. */
export class Raw {
  readonly socket: Socket;
  text = '';
  ended = false;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text: string) => (this.text += text));
    this.socket.on('end', () => (this.ended = true));
    this.socket.on('close', () => (this.ended = true));
    this.socket.on('error', () => (this.ended = true));
  }

  send(bytes: string | Buffer): Promise<void> {
    return new Promise((done) => this.socket.write(bytes, () => done()));
  }

  /** All that came until the server closed. */
  async rest(): Promise<string> {
    await until(() => this.ended, 'the server to close');
    return this.text;
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Waits until the condition holds; an error after some seconds. */
export async function until(condition: () => boolean | Promise<boolean>, what: string, seconds = 20): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await sleep(5);
  }
}

export interface Frame {
  event: string;
  id: string;
  data: any;
}

/** A subscriber on a bare socket: follows frames, applies them to a replica, and can stop reading. */
export class Subscriber {
  readonly raw: Raw;
  readonly frames: Frame[] = [];
  readonly replica = new Map<string, any>();
  key: string[] = [];
  lastId = '';
  private at = 0;

  constructor(port: number, path: string, lastId = '', replica?: Map<string, any>) {
    this.raw = new Raw(port);
    if (replica) this.replica = new Map(replica);
    const resume = lastId ? `Last-Event-ID: ${lastId}\r\n` : '';
    void this.raw.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n${resume}\r\n`);
    this.raw.socket.on('data', () => this.read());
  }

  private read(): void {
    for (;;) {
      const begin = this.raw.text.indexOf('event: ', this.at);
      const end = begin < 0 ? -1 : this.raw.text.indexOf('\n\n', begin);
      if (end < 0) break;
      this.take(this.raw.text.slice(begin, end));
      this.at = end + 2;
    }
    if (this.at > 1 << 20) {
      this.raw.text = this.raw.text.slice(this.at);
      this.at = 0;
    }
  }

  private take(text: string): void {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? '';
    const frame = { event: field('event'), id: field('id'), data: JSON.parse(field('data')) };
    this.frames.push(frame);
    if (frame.id) this.lastId = frame.id;
    this.apply(frame);
  }

  private nameOf(row: any): string {
    return JSON.stringify(this.key.map((column) => row[column]));
  }

  private isInside = false;

  private apply(frame: Frame): void {
    if (frame.event === 'init') {
      if (!this.isInside) this.replica.clear();
      this.isInside = frame.data.more === true;
      this.key = frame.data.key ?? this.key;
      for (const row of frame.data.rows) this.replica.set(this.nameOf(row), row);
    } else if (frame.event === 'update') {
      for (const row of frame.data.delete ?? []) this.replica.delete(this.nameOf(row));
      for (const row of frame.data.upsert ?? []) this.replica.set(this.nameOf(row), row);
    }
  }

  rows(): any[] {
    return [...this.replica.values()];
  }

  get tick(): number {
    return this.lastId ? Number(this.lastId.split(':')[1]) : -1;
  }
}

export function sorted(rows: any[]): any[] {
  return [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
