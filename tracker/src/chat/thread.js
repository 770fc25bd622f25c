// @ts-check
// The messages of the conversation: each id once, in order.

/**
 * @typedef {object} Message
 * @property {string} id
 * @property {"visitor" | "agent" | "bot"} author
 * @property {string} author_name
 * @property {string} text
 * @property {number} at milliseconds
 * @property {number} [number] its place in the conversation, once the server has told it
 * @property {"sending" | "sent" | "failed"} [state] of what was written here
 * @property {number} order
 */

// Controls that turn the direction of text around, and those that show nothing.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const plain = (/** @type {unknown} */ text) => (typeof text === "string" ? text : "").replace(UNSEEN, "");

export const makeThread = () => {
  /** @type {Map<string, Message>} */
  const messages = new Map();
  /** @type {Message[]} */
  let ordered = [];

  const sort = () => {
    // Numbers are the order of the conversation. What has none yet is placed by its time, and
    // clocks differ: times are bent so that they never contradict the numbers.
    let newest = -Infinity;
    const numbered = [...messages.values()].filter((message) => message.number !== undefined);
    for (const message of numbered.sort((a, b) => Number(a.number) - Number(b.number)))
      newest = message.order = Math.max(message.at, newest + 0.001);
    // What has no number is not in the history that was read, so it came after it.
    for (const message of messages.values())
      if (message.number === undefined) message.order = Math.max(message.order, newest + 0.001);
    ordered = [...messages.values()].sort((a, b) => a.order - b.order);
  };

  return {
    list: () => ordered,
    /** Take in what the server says. Returns whether it was unknown. */
    put: (/** @type {any} */ told) => {
      const { id, author, number } = told;
      if (typeof id !== "string" || !id || !/^(visitor|agent|bot)$/.test(author)) return false;
      const at = +new Date(told.at) || Date.now();
      const known = messages.get(id);
      /** @type {Message} */
      const message = {
        id,
        author,
        author_name: plain(told.author_name),
        text: plain(told.text),
        at,
        number: number ?? known?.number,
        order: at,
      };
      if (author === "visitor") message.state = "sent";
      messages.set(id, message);
      sort();
      return !known;
    },
    /** Add what was written here. */
    write: (/** @type {string} */ id, /** @type {string} */ text, /** @type {number} */ at) => {
      if (messages.has(id)) return;
      // After all that is known, whatever this computer's clock says.
      const order = Math.max(0, ...ordered.map((message) => message.order)) + 0.001;
      messages.set(id, {
        id,
        author: "visitor",
        author_name: "",
        text: plain(text),
        at,
        state: "sending",
        order,
      });
      sort();
    },
    mark: (/** @type {string} */ id, /** @type {"sending" | "sent" | "failed"} */ state) => {
      const message = messages.get(id);
      if (message) message.state = state;
    },
    clear: () => {
      messages.clear();
      ordered = [];
    },
  };
};
