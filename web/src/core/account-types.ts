// The contract of the account's pages. Times are milliseconds since 1970.

/** What the relay knows of the account; times are milliseconds since 1970. */
export interface AccountInfo {
  readonly account: string;
  readonly created: number;
  readonly devices: number;
  readonly entries: number;
  readonly bytes: number;
  /** Whether it may make invitations here. */
  readonly may_invite: boolean;
  /** Whether the relay takes passkeys. */
  readonly passkeys: boolean;
}

export interface SessionInfo {
  readonly session: string;
  readonly kind: 'passkey' | 'device';
  readonly created: number;
  /** To the hour. */
  readonly seen: number;
  readonly expires: number;
  /** The one of this browser. */
  readonly this: boolean;
}

export interface PasskeyInfo {
  readonly passkey: string;
  readonly credential: string;
  /** May be empty. */
  readonly name: string;
  readonly created: number;
  readonly used?: number;
}

export interface InviteInfo {
  readonly invitation: string;
  readonly created: number;
  readonly expires: number;
}

/** The pages of the account at the relay. They exist where the app is served by that relay: elsewhere `wrong_origin`. */
export interface AccountPages {
  /** Null if nobody is signed in. Everything below fails with `signed_out` then. */
  info(): Promise<AccountInfo | null>;
  /** By the key of this device, or by a passkey that the person chooses. */
  signIn(by: 'passkey' | 'device'): Promise<void>;
  sessions(): Promise<readonly SessionInfo[]>;
  /** Of this browser's own: signs out. */
  endSession(session: string): Promise<void>;
  endOtherSessions(): Promise<void>;
  passkeys(): Promise<readonly PasskeyInfo[]>;
  renamePasskey(passkey: string, name: string): Promise<void>;
  /** The sessions that it began end too. What it opens on a device it opens still. */
  removePasskey(passkey: string): Promise<void>;
  /** Makes a passkey that signs in; call it straight from the tap. The browser shows it as `shown`. */
  addPasskey(shown: string): Promise<void>;
  /** Those that nobody has used. */
  invitations(): Promise<readonly InviteInfo[]>;
  /** The invitation itself, shown this once. */
  invite(days: number): Promise<string>;
  withdrawInvite(invitation: string): Promise<void>;
  /** Until when a deletion that was asked for on this device can be taken back; null if none was. */
  deletion(): Promise<number | null>;
  /** Has the relay erase the account, by the key of this device: in some days, until then it can be taken back. */
  remove(): Promise<number>;
  takeBack(): Promise<void>;
}
