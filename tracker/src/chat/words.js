// @ts-check
// What the popup says, in the language of the page, else of the browser, else in English.

const WORDS = {
  uz: {
    title: "Yozing",
    greeting: "Savolingiz boʻlsa, yozing. Javob shu yerda chiqadi.",
    reply: "Javob yozing…",
    send: "Yuborish",
    open: "Suhbatni ochish",
    unread: "yangi xabar",
    more: "Suhbatni toʻliq koʻrish",
    close: "Yopish",
    bot: "Bot",
    you: "Siz",
    sending: "Yuborilmoqda…",
    sent: "Yuborildi",
    seen: "Koʻrildi",
    failed: "Yuborilmadi. Matn saqlandi",
    retry: "Qayta yuborish",
    typing: "yozmoqda…",
    closed: "Suhbat yopildi. Yozsangiz, qayta ochiladi.",
    kept: "Javobingiz saqlanadi.",
    privacy: "Maxfiylik",
    stop: "Meni kuzatmang",
    sure: "Hammasi oʻchirilsinmi?",
    notify: "Javob kelsa, xabar bering",
    log: "Xabarlar",
  },
  ru: {
    title: "Напишите нам",
    greeting: "Есть вопрос? Напишите, ответ появится здесь.",
    reply: "Напишите ответ…",
    send: "Отправить",
    open: "Открыть чат",
    unread: "новое сообщение",
    more: "Показать весь разговор",
    close: "Закрыть",
    bot: "Бот",
    you: "Вы",
    sending: "Отправляется…",
    sent: "Отправлено",
    seen: "Прочитано",
    failed: "Не отправлено. Текст сохранён",
    retry: "Повторить",
    typing: "печатает…",
    closed: "Диалог закрыт. Напишите, и он откроется снова.",
    kept: "Ваш ответ сохраняется.",
    privacy: "Конфиденциальность",
    stop: "Не отслеживать меня",
    sure: "Удалить всё?",
    notify: "Сообщить об ответе",
    log: "Сообщения",
  },
  en: {
    title: "Write to us",
    greeting: "Any questions? Write, and the answer appears here.",
    reply: "Write a reply…",
    send: "Send",
    open: "Open the chat",
    unread: "new message",
    more: "Show the whole conversation",
    close: "Close",
    bot: "Bot",
    you: "You",
    sending: "Sending…",
    sent: "Sent",
    seen: "Seen",
    failed: "Not sent. Your text is kept",
    retry: "Try again",
    typing: "is typing…",
    closed: "This conversation is closed. Write, and it opens again.",
    kept: "Your reply is kept.",
    privacy: "Privacy",
    stop: "Do not track me",
    sure: "Remove everything?",
    notify: "Notify me of answers",
    log: "Messages",
  },
};

/** @returns {[keyof typeof WORDS, typeof WORDS.en]} */
export const speak = () => {
  for (const tag of [document.documentElement.lang, ...(navigator.languages || [])]) {
    const language = /** @type {keyof typeof WORDS} */ (`${tag}`.slice(0, 2).toLowerCase());
    if (WORDS[language]) return [language, WORDS[language]];
  }
  return ["en", WORDS.en];
};
