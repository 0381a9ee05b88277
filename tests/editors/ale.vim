" Drives a real Vim with ALE, whose vimrc is what docs/editors.md says: SCENE and FILE come from the environment.
" Writes what it saw to seen.json on the stage.
set nomore hidden noswapfile encoding=utf-8
filetype plugin on

let s:seen = {'menu': [], 'messages': []}

function! s:WaitFor(what, Condition) abort
  for l:try in range(2000)
    if a:Condition() | return | endif
    sleep 10m
  endfor
  throw 'timed out waiting for ' . a:what
endfunction

function! s:Text() abort
  return join(getline(1, '$'), "\n") . "\n"
endfunction

function! s:Stage(name) abort
  return $STAGE . '/' . a:name
endfunction

function! s:Diagnostics() abort
  return get(get(g:ale_buffer_info, bufnr(''), {}), 'loclist', [])
endfunction

function! s:Open() abort
  if !exists('g:loaded_ale')
    let s:seen.missing = 'ale'
    return 0
  endif
  runtime autoload/ale/util.vim
  execute 'edit' fnameescape($FILE)
  return 1
endfunction

function! s:See() abort
  call s:WaitFor('a diagnostic', {-> !empty(s:Diagnostics())})
  let l:diagnostic = s:Diagnostics()[0]
  let s:seen.code = l:diagnostic.code
  call cursor(l:diagnostic.lnum, l:diagnostic.col)
endfunction

" What ALE asks the user; here they choose what they came for.
function! s:Input(message, ...) abort
  let s:seen.menu = map(filter(split(a:message, "\n"), 'v:val =~# ''^\d\+)'''), 'substitute(v:val, ''^\d\+) '', '''', '''')')
  for l:number in range(len(s:seen.menu))
    if stridx(s:seen.menu[l:number], s:wanted) == 0 | return string(l:number + 1) | endif
  endfor
  return ''
endfunction

function! s:Choose(title) abort
  let s:wanted = a:title
  ALECodeAction
endfunction

function! s:Fix() abort
  call s:See()
  let l:before = s:Text()
  call s:Choose('Fix ')
  call s:WaitFor('the edit', {-> s:Text() isnot# l:before})
  let s:seen.fixed = s:Text()
  silent undo
  let s:seen.undone = s:Text() is# l:before
endfunction

" The fix above is cancelled before the model answers; the one below, asked for later, lands.
function! s:Cancel() abort
  call s:See()
  call cursor(1, 1)
  call search('raise')
  call s:Choose('Fix ')
  call s:WaitFor('the model to be asked', {-> filereadable(s:Stage('asked'))})
  SufficeCancelAll
  call writefile([], s:Stage('go'))
  call search('raise')
  let l:before = s:Text()
  call s:Choose('Fix ')
  call s:WaitFor('the edit', {-> s:Text() isnot# l:before})
  let s:seen.after = s:Text()
endfunction

" The user goes on with the line under work; ALE sends what was typed before it asks for a menu, here for none.
function! s:TypeThere() abort
  call s:See()
  call s:Choose('Fix ')
  call s:WaitFor('the model to be asked', {-> filereadable(s:Stage('asked'))})
  call setline('.', getline('.') . '  # mine')
  let s:seen.typed = s:Text()
  let s:seen.menu = []
  call s:Choose('nothing')
  call s:WaitFor('the menu', {-> !empty(s:seen.menu)})
  call writefile([], s:Stage('go'))
  call s:WaitFor('what became of it', {-> !empty(s:seen.messages)})
  let s:seen.after = s:Text()
endfunction

function! s:Comment() abort
  call search('suffice:')
  let l:before = s:Text()
  call s:WaitFor('the offer', {-> s:IsOffered('Do what this comment asks')})
  call s:WaitFor('the edit', {-> s:Text() isnot# l:before})
  let s:seen.edited = s:Text()
  silent undo
  let s:seen.undone = s:Text() is# l:before
endfunction

" Whether the menu has it, which is then chosen.
function! s:IsOffered(title) abort
  call s:Choose(a:title)
  sleep 100m
  return stridx(join(s:seen.menu, "\n"), a:title) >= 0
endfunction

function! s:Review() abort
  %substitute/-(-len(items) \/\/ size)/len(items) \/\/ size/
  SufficeReview
  call s:WaitFor('a finding', {-> !empty(s:Diagnostics())})
  let s:seen.found = map(copy(s:Diagnostics()), '[v:val.lnum, v:val.text]')
  call s:WaitFor('what is said', {-> !empty(s:seen.messages)})
endfunction

try
  if s:Open()
    function! ale#util#Input(...) abort
      return call(funcref('s:Input'), a:000)
    endfunction
    function! ale#util#ShowMessage(string, ...) abort
      call add(s:seen.messages, a:string)
    endfunction
    call call(funcref('s:' . $SCENE), [])
  endif
catch
  let s:seen.error = v:exception . ' ' . v:throwpoint
endtry
let s:seen.log = split(execute('messages'), "\n")
call writefile([json_encode(s:seen)], s:Stage('seen.json'))
qall!
