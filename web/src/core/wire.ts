// Checked by the compiler: what Rust says crosses the boundary is what the screens are promised. Nothing runs here.
import type { ErrorCode, LogAction, Member, RowChange } from './types';
import type { Code, LogChange, RowChange as WireRowChange } from './wasm/core_wasm';

type Fits<A extends B, B> = A;

/** Every code of the core is one that the screens know. */
export type Codes = Fits<Code, ErrorCode>;
/** Every action of the screens is one that the core takes. */
export type Actions = Fits<LogAction, LogChange>;
export type Changes = Fits<WireRowChange['type'] | WireRowChange['id'], RowChange['type']>;
export type Roles = Fits<'device' | 'paper' | 'guest', Member['role']>;
