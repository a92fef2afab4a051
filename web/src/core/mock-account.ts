// The account's pages without a relay, for looking at screens.
import type { AccountInfo, AccountPages, InviteInfo, PasskeyInfo, SessionInfo } from './types';

const DAY_MS = 86_400_000;
const ago = (days: number): number => Date.now() - days * DAY_MS;

export class MockAccount implements AccountPages {
  #signedIn = true;
  #last = 0;
  #sessions: SessionInfo[] = [
    { session: 'a1', kind: 'device', created: ago(0.01), seen: ago(0.01), expires: ago(-30), this: true },
    { session: 'b2', kind: 'passkey', created: ago(12), seen: ago(2), expires: ago(-28), this: false },
  ];
  #passkeys: PasskeyInfo[] = [
    { passkey: 'c3', credential: 'AAAA', name: 'Phone', created: ago(40), used: ago(2) },
    { passkey: 'd4', credential: 'BBBB', name: '', created: ago(3) },
  ];
  #invitations: InviteInfo[] = [{ invitation: 'e5', created: ago(1), expires: ago(-6) }];

  async info(): Promise<AccountInfo | null> {
    if (!this.#signedIn) return null;
    return { account: '8f2c51aa', created: ago(40), devices: 2, entries: 1_284, bytes: 912_000, may_invite: true, passkeys: true };
  }
  async signIn(): Promise<void> {
    this.#signedIn = true;
  }
  async sessions(): Promise<readonly SessionInfo[]> {
    return this.#sessions;
  }
  async endSession(session: string): Promise<void> {
    if (this.#sessions.some((one) => one.this && one.session === session)) this.#signedIn = false;
    else this.#sessions = this.#sessions.filter((one) => one.session !== session);
  }
  async endOtherSessions(): Promise<void> {
    this.#sessions = this.#sessions.filter((one) => one.this);
  }
  async passkeys(): Promise<readonly PasskeyInfo[]> {
    return this.#passkeys;
  }
  async renamePasskey(passkey: string, name: string): Promise<void> {
    this.#passkeys = this.#passkeys.map((one) => (one.passkey === passkey ? { ...one, name } : one));
  }
  async removePasskey(passkey: string): Promise<void> {
    this.#passkeys = this.#passkeys.filter((one) => one.passkey !== passkey);
  }
  async addPasskey(): Promise<void> {
    this.#last += 1;
    this.#passkeys = [{ passkey: `f${this.#last}`, credential: 'CCCC', name: '', created: Date.now() }, ...this.#passkeys];
  }
  async invitations(): Promise<readonly InviteInfo[]> {
    return this.#invitations;
  }
  async invite(days: number): Promise<string> {
    this.#last += 1;
    this.#invitations = [{ invitation: `g${this.#last}`, created: Date.now(), expires: ago(-days) }, ...this.#invitations];
    return 'kq3vT0nH1wYw3cX9m2b8RZf5uJ7sL6aPdE4gQiVoKtM';
  }
  #deletion: number | null = null;
  async deletion(): Promise<number | null> {
    return this.#deletion;
  }
  async remove(): Promise<number> {
    return (this.#deletion = Date.now() + 7 * DAY_MS);
  }
  async takeBack(): Promise<void> {
    this.#deletion = null;
  }
  async withdrawInvite(invitation: string): Promise<void> {
    this.#invitations = this.#invitations.filter((one) => one.invitation !== invitation);
  }
}
