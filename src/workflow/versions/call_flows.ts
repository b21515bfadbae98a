import type { Flow } from '../types.ts';

/** Which version of each workflow a call has, by workflow. */
export type VersionsOfCall = Readonly<Record<string, string>>;

/** Workflows as one call has them, from its beginning to its end, whatever is deployed meanwhile. */
export interface FlowsOfCall {
  get(workflow: string): Flow | undefined;
  /** Whether the call tries a version that is not live for all. */
  isTried(workflow: string): boolean;
  /** The versions of a workflow and all that it may hand over to, for whoever goes on with the call. */
  versionsFrom(workflow: string): VersionsOfCall;
}

/** Workflows for calls that begin, or go on with the versions that they have. */
export interface CallFlows {
  ofCall(callId: string, versions?: VersionsOfCall): FlowsOfCall;
}
