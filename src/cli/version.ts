export { VERSION } from '../system/version.ts'
