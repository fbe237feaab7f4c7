// Plimsoll tokens: OKLCH source -> hex, gamut check, WCAG 2 contrast table, tokens.css
// run: node contrast.mjs [--css > tokens.css]
const T = {
  // name: [light [L,C,H], dark [L,C,H]]
  'bg-window':  [[.962,.004,255],[.178,.010,255]],   // sidebar, title bar, status bar
  'bg-base':    [[.994,.001,255],[.212,.010,255]],   // detail pane
  'bg-raised':  [[1,0,0],        [.246,.011,255]],   // cards, menus, dialogs, inputs
  'bg-sunken':  [[.977,.003,255],[.160,.009,255]],   // log pane, wells, gauge track
  'bg-hover':   [[.940,.005,255],[.270,.012,255]],
  'bg-press':   [[.918,.007,255],[.300,.013,255]],
  'bg-select':  [[.930,.024,258],[.300,.042,258]],   // selected row, list focused
  'line-1':     [[.922,.005,255],[.285,.011,255]],   // dividers, card borders (decorative)
  'line-2':     [[.860,.008,255],[.360,.012,255]],   // strong dividers, button borders (decorative)
  'line-3':     [[.620,.014,255],[.580,.014,255]],   // input / checkbox borders (>= 3:1)
  'text-1':     [[.235,.018,258],[.945,.005,255]],
  'text-2':     [[.430,.017,257],[.780,.010,255]],
  'text-3':     [[.508,.016,257],[.690,.012,255]],
  'text-off':   [[.640,.010,257],[.520,.010,255]],   // disabled only
  'accent':     [[.480,.150,260],[.565,.160,260]],   // primary button fill
  'accent-hover':[[.430,.150,260],[.535,.165,260]],
  'accent-fg':  [[1,0,0],        [1,0,0]],
  'accent-text':[[.470,.150,260],[.765,.105,258]],   // links, active nav icon
  'focus':      [[.560,.170,258],[.740,.130,256]],
  'live':       [[.575,.130,152],[.740,.150,152]],
  'live-text':  [[.445,.105,153],[.800,.140,152]],
  'live-tint':  [[.965,.026,155],[.268,.034,155]],
  'live-line':  [[.860,.060,155],[.400,.060,155]],
  'running':    [[.575,.110,226],[.745,.115,222]],
  'running-text':[[.450,.087,230],[.800,.105,220]],
  'running-tint':[[.965,.020,222],[.268,.032,226]],
  'running-line':[[.855,.050,222],[.400,.056,226]],
  'warn':       [[.610,.122,66], [.790,.140,78]],
  'warn-text':  [[.465,.100,64], [.835,.125,82]],
  'warn-tint':  [[.970,.030,84], [.275,.036,76]],
  'warn-line':  [[.870,.080,82], [.420,.068,76]],
  'failed':     [[.570,.195,27], [.700,.165,24]],
  'failed-text':[[.490,.180,27], [.765,.130,22]],
  'failed-tint':[[.966,.016,20], [.252,.032,22]],
  'failed-line':[[.870,.060,20], [.400,.078,24]],
  'danger':     [[.500,.185,27], [.560,.190,26]],    // destructive button fill
  // disk ledger categories (bars, always labelled, 2px gaps)
  'disk-images':[[.520,.120,258],[.680,.120,258]],
  'disk-cache': [[.600,.100,205],[.745,.105,205]],
  'disk-volume':[[.545,.125,320],[.720,.115,320]],
  'disk-logs':  [[.605,.115,62], [.775,.115,72]],
  'disk-other': [[.580,.018,255],[.640,.016,255]],
};
const ANSI = {
  red:[[.490,.180,27],[.745,.140,22]], green:[[.455,.110,150],[.790,.140,152]], yellow:[[.480,.100,75],[.830,.120,88]],
  blue:[[.470,.150,260],[.740,.115,258]], magenta:[[.490,.150,325],[.760,.120,325]], cyan:[[.460,.080,215],[.800,.095,210]],
  white:[[.430,.017,257],[.860,.008,255]], grey:[[.508,.016,257],[.690,.012,255]],
};
// what lies over or under things: shadow of menus, of dialogs, scrim
const SHADES = [['shadow-1','#0000001f','#0000003e'],['shadow-2','#0000002e','#0000005c'],['scrim','#00000052','#00000052']];
const lin=([L,C,H])=>{const h=H*Math.PI/180,a=C*Math.cos(h),b=C*Math.sin(h);
 const l=(L+.3963377774*a+.2158037573*b)**3,m=(L-.1055613458*a-.0638541728*b)**3,s=(L-.0894841775*a-1.2914855480*b)**3;
 return [4.0767416621*l-3.3077115913*m+.2309699292*s,-1.2684380046*l+2.6097574011*m-.3413193965*s,-.0041960863*l-.7034186147*m+1.7076147010*s]};
const inG=c=>lin(c).every(v=>v>-1e-4&&v<1.0001);
const fit=c=>{let d=[...c];while(!inG(d)&&d[1]>0)d[1]=+(d[1]-.002).toFixed(4);return d};
const g=v=>{v=Math.min(1,Math.max(0,v));return Math.round(255*(v<=.0031308?12.92*v:1.055*v**(1/2.4)-.055))};
export const hex=c=>'#'+lin(fit(c)).map(g).map(v=>v.toString(16).padStart(2,'0')).join('');
const Y=h=>{const r=[1,3,5].map(i=>parseInt(h.slice(i,i+2),16)/255).map(v=>v<=.04045?v/12.92:((v+.055)/1.055)**2.4);return .2126*r[0]+.7152*r[1]+.0722*r[2]};
export const cr=(a,b)=>{const x=Y(a),y=Y(b);return (Math.max(x,y)+.05)/(Math.min(x,y)+.05)};
const H=m=>Object.fromEntries(Object.entries(T).map(([k,v])=>[k,hex(v[m])]));
const [Lh,Dh]=[H(0),H(1)];
const bgs=['bg-window','bg-base','bg-raised','bg-sunken','bg-hover','bg-select'];
const pairs=[];const add=(f,bs,min)=>pairs.push([f,bs,min]);
add('text-1',[...bgs,'bg-press'],7);add('text-2',[...bgs,'bg-press'],4.5);add('text-3',bgs,4.5);add('line-3',['bg-base','bg-raised','bg-window'],3);
add('accent-text',bgs,4.5);add('accent-fg',['accent','accent-hover','danger'],4.5);add('focus',bgs,3);
for(const s of ['live','running','warn','failed']){add(s,['bg-window','bg-base','bg-raised','bg-sunken','bg-select'],3);add(s+'-text',[...bgs,s+'-tint'],4.5);}
for(const d of ['images','cache','volume','logs','other'])add('disk-'+d,['bg-base','bg-raised','bg-sunken'],3);
add('accent',['bg-base','bg-raised'],3);add('danger',['bg-raised'],3);
for(const s of ['live','running','warn','failed'])pairs.push(['text-1',[s+'-tint'],7],['text-2',[s+'-tint'],4.5]);
if(process.argv.includes('--css')){
 const f=c=>{c=fit(c);return `oklch(${(+(c[0]*100).toFixed(1))}% ${+c[1].toFixed(3)} ${c[2]})`};
 console.log('/* generated by contrast.mjs; do not edit. hex fallback in comment */\n:root {\n  color-scheme: light dark;');
 for(const k in T)console.log(`  --${k}: light-dark(${f(T[k][0])}, ${f(T[k][1])}); /* ${Lh[k]} / ${Dh[k]} */`);
 for(const k in ANSI)console.log(`  --ansi-${k}: light-dark(${f(ANSI[k][0])}, ${f(ANSI[k][1])}); /* ${hex(ANSI[k][0])} / ${hex(ANSI[k][1])} */`);
 for(const [k,l,d] of SHADES)console.log(`  --${k}: light-dark(${l}, ${d});`);
 console.log('}\n:root[data-theme="light"] { color-scheme: light; }\n:root[data-theme="dark"] { color-scheme: dark; }');
}else{
 let bad=0;
 for(const [f,bs,min] of pairs){const row=h=>bs.map(b=>cr(h[f],h[b]));const l=row(Lh),d=row(Dh);
  const wl=Math.min(...l),wd=Math.min(...d);if(wl<min||wd<min)bad++;
  console.log(`${f.padEnd(13)} min ${String(min).padEnd(3)} light ${wl.toFixed(2).padStart(5)} (${bs[l.indexOf(wl)]})  dark ${wd.toFixed(2).padStart(5)} (${bs[d.indexOf(wd)]}) ${wl<min||wd<min?'FAIL':''}`)}
 for(const k in ANSI){const a=cr(hex(ANSI[k][0]),Lh['bg-sunken']),b=cr(hex(ANSI[k][1]),Dh['bg-sunken']);if(a<4.5||b<4.5)bad++;console.log(`ansi-${k.padEnd(8)} min 4.5 light ${a.toFixed(2)} dark ${b.toFixed(2)} ${a<4.5||b<4.5?'FAIL':''}`)}
 for(const [k,v] of Object.entries({...T,...ANSI}))for(const m of [0,1])if(!inG(v[m]))console.log('clipped chroma',k,m,v[m],'->',fit(v[m]));
 console.log(bad?`${bad} FAIL`:'all pass');process.exitCode=bad?1:0;
}
