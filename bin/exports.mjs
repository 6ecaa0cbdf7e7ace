/**
 * How a chunk gives what it exports, and takes what others do. The bundler's way makes an accessor for each name with a descriptor of its own, and then
 * one more that asks the first; a chunk that is imported lazily gets a third, and so does each name of a module of Node. One literal says the same:
 * still live, at once there, and a start makes hundreds of them.
 */

const GIVEN = /var stdin_exports=\{\};__export\(stdin_exports,\{([^{}]*)\}\);module\.exports=__toCommonJS\(stdin_exports\);/;
const WHOLE_CHUNK = /__toESM\(require\(("\.{1,2}\/[^"]*")\)\)/g;
const WHOLE_MODULE = /__toESM(\(require\("node:[^"]*"\)(?:,1)?\))/g;
/** Of the name in what the bundler writes. */
const MENTIONS = 3;

/**
 * Nothing moves, since a source map goes with it: the literal stands in a function at the end. What has another form is left as it is.
 * @param {string} code a CommonJS module as the bundler makes it of a chunk, without whitespace
 */
export function withPlainExports(code) {
  const given = GIVEN.exec(code);
  if (given === null || code.split('stdin_exports').length - 1 !== MENTIONS) return code;
  const accessors = (given[1] ?? '').split(',').map((one) => {
    const [name, value] = one.split(':()=>');
    return `get ${name}(){return ${value}}`;
  });
  const short = code
    .replace(GIVEN, (text) => 'stdin_exports();'.padEnd(text.length))
    .replace(WHOLE_CHUNK, (text, path) => `require(${path})`.padEnd(text.length))
    .replace(WHOLE_MODULE, 'bxNames$1');
  const names = short.includes('bxNames(') ? 'function bxNames(module){return{__proto__:module,default:module}}' : '';
  return `${short}\nfunction stdin_exports(){module.exports={__esModule:!0,${accessors.join(',')}}}${names}\n`;
}
