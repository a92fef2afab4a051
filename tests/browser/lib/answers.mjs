// What the tab that holds the vault answers, held back or changed on its way to the page. Runs in the page, before the app.

/** Gives the page `bend`, which does nothing until it is told to. */
export function bendAnswers() {
  const Real = globalThis.BroadcastChannel;
  let holding = '';
  let waiting = [];
  let change = ['', ''];
  globalThis.bend = {
    /** Answers in which this stands wait until they are released. */
    hold: (text) => (holding = text),
    held: () => waiting.length,
    release: () => {
      holding = '';
      for (const go of waiting.splice(0)) go();
    },
    replace: (from, to) => (change = [from, to]),
  };
  globalThis.BroadcastChannel = class extends Real {
    set onmessage(run) {
      super.onmessage = ({ data }) => {
        if (data.kind !== 'answer' || data.answer.kind !== 'json') return run({ data });
        const json = data.answer.json.replace(...change);
        const go = () => run({ data: { ...data, answer: { kind: 'json', json } } });
        if (holding !== '' && json.includes(holding)) waiting.push(go);
        else go();
      };
    }
  };
}
