import type { XenCase } from '../case.ts'
import { codeCases } from './code.ts'
import { dataCases } from './data.ts'
import { hookCases } from './hooks.ts'
import { specialCases } from './special.ts'

export const allCases: readonly XenCase[] = [...codeCases, ...specialCases, ...dataCases, ...hookCases]
