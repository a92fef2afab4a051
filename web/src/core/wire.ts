// Checked by the compiler: what Rust says crosses the boundary is what the screens are promised. Nothing runs here.
import type { ErrorCode, RowChange } from './types';
import type { Code, RowChange as WireRowChange } from './wasm/core_wasm';

type Fits<A extends B, B> = A;

/** Every code of the core is one that the screens know. */
export type Codes = Fits<Code, ErrorCode>;
/** And what it says of changed rows is what they hear. */
export type Changes = Fits<Omit<WireRowChange, 'period'>, Omit<RowChange, 'period'>>;
