/** The style sheet, put in by the build. */
declare const CHAT_CSS: string;
