// Which peers there are. Each is loaded alone, so that none carries another's weight.
const peers = {
  'automerge-repo-60': () => import('./automerge-repo.mjs').then((m) => m.of(60)),
  'automerge-repo-each': () => import('./automerge-repo.mjs').then((m) => m.of(Infinity)),
  'y-websocket': () => import('./y-websocket.mjs'),
  hocuspocus: () => import('./hocuspocus.mjs'),
  jazz: () => import('./jazz.mjs'),
  automerge: () => import('./automerge.mjs'),
  loro: () => import('./loro.mjs'),
  core: () => import('./core.mjs'),
};

export function peerOf(name) {
  const load = peers[name];
  if (load === undefined) throw new Error(`there is no peer ${name}`);
  return load();
}
