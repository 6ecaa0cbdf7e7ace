/** How the process of a session is started, as both sides know it. */

export const SERVER_COMMAND = 'session-server';

/** The server's end of the stream to the program that starts it. */
export const STARTER_FD = 3;
