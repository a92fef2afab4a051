// Installing: where the browser offers it, a button; on an iPhone, words.

interface InstallEvent extends Event {
  prompt(): Promise<unknown>;
}

class Install {
  #event: InstallEvent | null = null;
  offered = $state(false);
  /** An iPhone or iPad whose page is not installed. */
  readonly hint: boolean;

  constructor() {
    const apple = /iPhone|iPad|iPod/.test(navigator.userAgent) || (/Mac/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);
    this.hint = apple && !matchMedia('(display-mode: standalone)').matches;
    addEventListener('beforeinstallprompt', (event) => {
      event.preventDefault();
      this.#event = event as InstallEvent;
      this.offered = true;
    });
    addEventListener('appinstalled', () => (this.offered = false));
  }
  async ask(): Promise<void> {
    this.offered = false;
    await this.#event?.prompt();
  }
}

export const install = new Install();
