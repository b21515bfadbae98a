import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { VersionDesk } from '../../src/http/version_desk.ts';
import type { FileVersions } from '../../src/http/version_files.ts';
import { VersionSpread } from '../../src/http/version_spread.ts';
import { Handlers } from '../../src/ipc/handlers.ts';
import type { Address, Message } from '../../src/ipc/messages.ts';
import { createLogger } from '../../src/observe/log.ts';
import { openWorkflowStore } from '../../src/store/workflow_versions.ts';
import { flowOfBundle, type Makings } from '../../src/workflow/versions/bundle.ts';
import { KeptVersions } from '../../src/workflow/versions/kept_versions.ts';
import { ToolReach } from '../../src/workflow/versions/reach.ts';
import { FlowShelf } from '../../src/workflow/versions/shelf.ts';
import { PLACES } from '../bench/small_flow.ts';
import type { TestStore } from '../store/postgres.ts';
import { DESK, flowsOf, QUOTES } from '../workflow/desk_flows.ts';
import { startTestPlane, WITH_KEY } from './test_plane.ts';

const MAKINGS: Makings = { places: PLACES, options: {} };
const log = createLogger('api', 'silent');

/** A media process as the API sees it: takes up what is on the disk when it is told to. */
export class TestMedia {
  readonly shelf: FlowShelf;
  readonly address: Address;
  readonly #handlers: Handlers;
  /** Answers nothing. */
  isStuck = false;

  constructor(address: Address, shelf: FlowShelf, handlers: Handlers) {
    this.address = address;
    this.shelf = shelf;
    this.#handlers = handlers;
    this.tell({ type: 'peerReady', peer: address }, 'supervisor');
  }

  tell(message: Message, from = this.address): void {
    this.#handlers.dispatch({ from, to: 'api', message });
  }

  takeUp(): void {
    if (this.isStuck) return;
    const { seq, failed, use } = this.shelf.look();
    use();
    this.tell({ type: 'workflowsInForce', seq, failed: [...failed] });
  }
}

export interface VersionRigOptions {
  readonly files?: readonly string[];
  readonly settings?: Partial<{ soleOperator: boolean; needsGate: boolean }>;
  /** That of a node before, which this one goes on with. */
  readonly folder?: string;
  readonly tenantId?: string;
  readonly limits?: { readonly requestsPerMinute: number };
}

/** What a node's API has of versions, over a real database; `media` takes up what it is told. */
export function openVersionRig(t: Test, database: TestStore, options: VersionRigOptions = {}) {
  const { files = [DESK, QUOTES], settings, tenantId = 'default', limits } = options;
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'trunkline-versions-'));
  if (options.folder === undefined) t.teardown(() => rmSync(folder, { recursive: true }));
  const store = openWorkflowStore({ databaseUrl: database.appUrl, connections: 2 });
  const faults: unknown[] = [];
  const flows = flowsOf(files);
  const openShelf = () =>
    new FlowShelf({
      files: flows,
      kept: new KeptVersions(folder),
      compile: (workflow, bundle) => flowOfBundle(workflow, bundle, MAKINGS),
      onFault: error => faults.push(error),
    });
  const told: FileVersions = new Map(
    [...flows.values()].map(({ name, version }, at) => [
      name,
      { bundle: { [`${name}.yaml`]: files[at] ?? '' }, flowVersion: version },
    ]),
  );
  const handlers = new Handlers(error => faults.push(error));
  const media = new Map<Address, TestMedia>();
  const link = {
    on: handlers.on.bind(handlers),
    send: (to: Address) => queueMicrotask(() => media.get(to)?.takeUp()),
  };
  const kept = new KeptVersions(folder);
  const shelf = openShelf();
  const spread = new VersionSpread({
    store,
    tenantId,
    kept,
    shelf,
    files: told,
    link,
    log,
    limits: { lookMs: 50, inForceMs: 500 },
  });
  const desk = new VersionDesk({
    store,
    kept,
    shelf,
    spread,
    makings: MAKINGS,
    reach: new ToolReach({ hosts: ['public'], trusted: flows.values() }),
    settings: { soleOperator: false, needsGate: false, ...settings },
  });
  t.teardown(async () => {
    await spread.close();
    await store.close();
  });
  return {
    folder,
    store,
    spread,
    desk,
    shelf,
    faults,
    startMedia(address: Address): TestMedia {
      const one = new TestMedia(address, openShelf(), handlers);
      media.set(address, one);
      return one;
    },
    async api() {
      const plane = {
        versions: desk,
        workflows: { names: () => desk.names(), default: 'desk' },
        tenantId,
        ...(limits && { limits }),
      };
      const { app, end } = await startTestPlane({ plane });
      t.teardown(end);
      return async (
        method: 'GET' | 'POST' | 'PUT',
        path: string,
        payload?: object | string,
        headers: Readonly<Record<string, string>> = { 'trunkline-operator': 'maria' },
      ) => {
        const url = `/api/workflows${path}`;
        const answer = await app.inject({
          method,
          url,
          headers: {
            ...WITH_KEY,
            ...headers,
            ...(typeof payload === 'string' && { 'content-type': 'application/json' }),
          },
          ...(payload !== undefined && { payload }),
        });
        const isJson = `${answer.headers['content-type']}`.startsWith('application/json');
        return { status: answer.statusCode, body: isJson ? answer.json() : answer.body };
      };
    },
  };
}
