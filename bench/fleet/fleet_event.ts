import type { FleetCall, FleetNode } from './fleet_node.ts';
import type { FleetRegion } from './region.ts';

/** What happens in a day. */
export type FleetEvent =
  | { readonly type: 'arrival'; readonly region: FleetRegion }
  | { readonly type: 'redial'; readonly region: FleetRegion; readonly tries: number }
  | { readonly type: 'callEnds'; readonly call: FleetCall }
  | { readonly type: 'nodeReady' | 'processDies' | 'nodeDies'; readonly node: FleetNode }
  | { readonly type: 'processBack'; readonly node: FleetNode; readonly process: number }
  | { readonly type: 'drains'; readonly node: FleetNode; readonly untilS: number }
  | { readonly type: 'upgrades'; readonly region: FleetRegion; readonly old: readonly FleetNode[] }
  | { readonly type: 'outage' | 'outageNoticed' | 'outageOver'; readonly region: FleetRegion }
  | { readonly type: 'upgradeBegins' | 'scales' | 'sample' };
