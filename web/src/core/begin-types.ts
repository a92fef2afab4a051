// The contract of how a vault comes to a device and is opened there.

/** How a vault is unlocked on this device. */
export type UnlockKind = 'passkey' | 'passphrase';

export type ChooseUnlock =
  | { readonly kind: 'passkey' }
  | { readonly kind: 'passphrase'; readonly passphrase: string };

export type UnlockWith =
  | { readonly kind: 'passkey' }
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  /** The way in when passkey or passphrase are lost. */
  | { readonly kind: 'phrase'; readonly phrase: string };

export interface CreateVault {
  /** The person's name; a passkey is shown by it. It is not kept here: it belongs in the profile. */
  readonly person: string;
  /** What this device is called among the person's devices. */
  readonly device: string;
  /** `https://relay.example`, with its path if it has one; normally the one that served the page. */
  readonly relay: string;
  readonly unlock: ChooseUnlock;
  readonly invite?: string;
}

export interface JoinVault {
  readonly phrase: string;
  /** What this device is called; a passkey is shown by it too. */
  readonly device: string;
  readonly relay: string;
  readonly unlock: ChooseUnlock;
}

/** A new device that another one lets in. */
export interface PairVault {
  /** What this device is called; a passkey is shown by it too. */
  readonly device: string;
  readonly relay: string;
  readonly unlock: ChooseUnlock;
}

/** What this device keeps about itself, sealed. */
export interface DeviceSettings {
  readonly name: string;
  readonly relay: string;
}
