export { cacheFolder } from '../system/cache.ts'
