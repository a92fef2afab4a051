// Reading a code with the camera: by the browser's own reader where it has one, by ours where it has not.

export interface Detector {
  detect(source: HTMLVideoElement): Promise<readonly { readonly rawValue: string }[]>;
}

interface Native {
  new (options: { readonly formats: readonly string[] }): Detector;
  getSupportedFormats(): Promise<readonly string[]>;
}

/** Whether there may be a camera at all. */
export function mayScan(): boolean {
  return typeof navigator.mediaDevices?.getUserMedia === 'function';
}

export async function detector(): Promise<Detector> {
  const native = (globalThis as { readonly BarcodeDetector?: Native }).BarcodeDetector;
  if (native !== undefined && (await native.getSupportedFormats()).includes('qr_code')) return new native({ formats: ['qr_code'] });
  const { BarcodeDetector } = await import('qr/decode.js');
  return new BarcodeDetector({ formats: ['qr_code'] });
}
