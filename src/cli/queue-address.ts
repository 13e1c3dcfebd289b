/** Where a queue is, as it is asked for. */
export const queueAddress = (url: string) => ({ url, password: process.env.HOTSPLICE_REDIS_PASSWORD })
