/** Entry of the web function: the long-lived server on the address that Lambda gives. */
await import('../server/server.ts');
