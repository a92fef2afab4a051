// A tab of a browser whose driver finds nothing by role and name: what a story asks for is looked for in the page. An
// engine adds how its driver runs a function in the page, and clicks and types on what it returns.
import { look } from './look.mjs';
import { spoken } from './names.mjs';
import { until } from './wait.mjs';

const WITHIN_MS = 30_000;
const SHOWN = 600;

const wanted = (role, name) => (typeof name === 'string' ? { role, name } : { role, name: name.begins, begins: true });

export class PlainTab {
  // An engine gives: open, reload, evaluate(what, argument), element(what, argument), click(element), write(element, text).

  async #find(role, name) {
    return this.element(look, { what: 'find', ...wanted(role, name) });
  }
  async #wait(what, test) {
    try {
      return await until(what, test, WITHIN_MS);
    } catch (error) {
      const shown = (await this.text().catch(String)).replace(/\n+/g, ' / ').slice(0, SHOWN);
      throw new Error(`could not ${what}; the screen says: ${shown}\n${error.message}`, { cause: error });
    }
  }

  async press(role, name) {
    let refused = 'it is not there';
    const press = async () => {
      // The screen may go on between the look and the click; then it is looked for again.
      try {
        const found = await this.#find(role, name);
        if (found === null) return false;
        await this.click(found, role === 'radio' || role === 'checkbox');
        return true;
      } catch (error) {
        refused = error.message;
        return false;
      }
    };
    await this.#wait(`press ${role} "${spoken(name)}"`, press).catch((error) => {
      throw new Error(`${error.message}; ${refused}`);
    });
  }
  async fill(label, text) {
    await this.#wait(`fill "${label}"`, async () => {
      const found = await this.#find('textbox', label);
      if (found === null) return false;
      await this.write(found, text);
      return true;
    });
  }
  async see(role, name) {
    await this.#wait(`see ${role} "${spoken(name)}"`, () => this.sees(role, name));
  }
  async lose(role, name) {
    await this.#wait(`no longer see ${role} "${spoken(name)}"`, async () => !(await this.sees(role, name)));
  }
  async sees(role, name) {
    return this.evaluate(look, { what: 'sees', ...wanted(role, name) });
  }
  async read(text) {
    await this.#wait(`read "${text}"`, async () => (await this.text()).includes(text));
  }
  async isChecked(radio) {
    const wants = { what: 'find', ...wanted('radio', radio) };
    return this.evaluate(`(wants) => (${look})(wants)?.checked === true`, wants);
  }
  async items(name) {
    await this.see('list', name);
    const wants = { what: 'find', ...wanted('list', name) };
    return this.evaluate(`(wants) => [...(${look})(wants).querySelectorAll('li')].map((item) => item.innerText)`, wants);
  }
  text() {
    return this.evaluate('() => document.body.innerText');
  }
}
