// Finding things on a screen without the help of a driver: by role and name, as they are shown. The function runs in
// the page and uses nothing from here.

/**
 * `find`: the first shown element of `role` whose name is `name` (or begins so); in an open dialogue, if there is one.
 * `sees`: whether there is one.
 * `focused`: role and name of what has the focus.
 */
export function look({ what, role, name, begins }) {
  const SELECTORS = {
    button: 'button',
    link: 'a[href]',
    heading: 'h1, h2, h3',
    radio: 'input[type=radio]',
    checkbox: 'input[type=checkbox]',
    textbox: 'input:not([type=radio]):not([type=checkbox]):not([type=file]), textarea',
    list: 'ul, ol',
    option: '[role=option]',
    combobox: '[role=combobox]',
  };
  const plain = (text) => (text ?? '').replace(/\s+/g, ' ').trim();
  const heard = (element) => {
    const copy = element.cloneNode(true);
    for (const silent of copy.querySelectorAll('[aria-hidden="true"]')) silent.remove();
    return copy.textContent;
  };
  const labelled = (element) => (element.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' ');
  const nameOf = (element) =>
    plain(element.getAttribute('aria-label')) ||
    plain(labelled(element)) ||
    plain([...(element.labels ?? [])].map(heard).join(' ')) ||
    plain(heard(element));
  const shown = (element) => element.getClientRects().length > 0 && getComputedStyle(element).visibility === 'visible';
  if (what === 'focused') {
    const element = document.activeElement;
    const [found] = Object.entries(SELECTORS).find(([, selector]) => element.matches(selector)) ?? [''];
    return { role: found, name: nameOf(element), visible: element.matches(':focus-visible') };
  }
  const inside = document.querySelector('dialog[open]') ?? document;
  const fits = (element) => (begins ? nameOf(element).startsWith(name) : nameOf(element) === plain(name));
  const found = [...inside.querySelectorAll(SELECTORS[role])].find((element) => shown(element) && fits(element));
  return what === 'sees' ? found !== undefined : (found ?? null);
}
