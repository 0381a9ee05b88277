-- Drives a real Neovim: arg[1] is the scene, arg[2] a file with the settings of docs/editors.md, arg[3] the file to
-- open. Prints what it saw as one JSON document.
local scene, settings, file = arg[1], arg[2], arg[3]
local stage = vim.env.STAGE
local seen = { menu = {}, messages = {}, progress = {} }
local tokens = {}

local function wait_for(what, condition)
  assert(vim.wait(20000, condition, 5), 'timed out waiting for ' .. what)
end

local function text()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n') .. '\n'
end

local function client()
  return vim.lsp.get_clients({ name = 'suffice' })[1]
end

local function mark(name)
  assert(io.open(stage .. '/' .. name, 'w')):close()
end

local function wait_until_asked()
  wait_for('the model to be asked', function() return vim.uv.fs_stat(stage .. '/asked') ~= nil end)
end

local function wait_for_end()
  wait_for('the end of the progress', function() return #seen.progress > 0 end)
end

vim.lsp.handlers['window/showMessage'] = function(_, result)
  table.insert(seen.messages, result.message)
end

vim.api.nvim_create_autocmd('LspProgress', {
  callback = function(event)
    local token, value = event.data.params.token, event.data.params.value
    if value.kind == 'begin' then table.insert(tokens, token) end
    if value.kind == 'end' then table.insert(seen.progress, value.message or '') end
  end,
})

local function open()
  dofile(settings)
  vim.cmd('filetype on')
  vim.cmd.edit(file)
end

local function open_and_see()
  open()
  wait_for('a diagnostic', function() return #vim.diagnostic.get(0) > 0 end)
  local diagnostic = vim.diagnostic.get(0)[1]
  seen.code, seen.source = diagnostic.code, diagnostic.source
  vim.api.nvim_win_set_cursor(0, { diagnostic.lnum + 1, diagnostic.col })
end

-- Choose the first action whose title begins so, as a user does in the menu.
local function choose(title)
  vim.ui.select = function(items, _, on_choice)
    seen.menu = vim.tbl_map(function(item) return item.action.title end, items)
    for _, item in ipairs(items) do
      if vim.startswith(item.action.title, title) then return on_choice(item) end
    end
    on_choice(nil)
  end
  vim.lsp.buf.code_action()
end

local function type_at_end_of_line(line, added)
  local length = #vim.fn.getline(line)
  vim.api.nvim_buf_set_text(0, line - 1, length, line - 1, length, { added })
end

local function code_actions(trigger)
  local params = vim.lsp.util.make_range_params(0, client().offset_encoding)
  params.context = { diagnostics = {}, triggerKind = trigger }
  return assert(client():request_sync('textDocument/codeAction', params, 10000, vim.api.nvim_get_current_buf())).result
end

-- Neovim keeps changes back for 150 ms, but sends them before any request.
local function let_it_be_heard()
  code_actions(vim.lsp.protocol.CodeActionTriggerKind.Invoked)
end

local function press(keys)
  vim.api.nvim_feedkeys(vim.keycode(keys), 'mx', false)
end

local function listed(title)
  for _, action in ipairs(code_actions(vim.lsp.protocol.CodeActionTriggerKind.Invoked) or {}) do
    if vim.startswith(action.title, title) then return true end
  end
end

local scenes = {}

function scenes.fix()
  open_and_see()
  seen.encoding = client().offset_encoding
  local before = text()
  choose('Fix ')
  wait_for('the edit', function() return text() ~= before end)
  if #tokens > 0 then wait_for_end() end -- a free fix needs no progress
  seen.fixed = text()
  vim.cmd('silent undo')
  seen.undone = text() == before
end

function scenes.cancel()
  open_and_see()
  local before = text()
  choose('Fix ')
  wait_until_asked()
  client():notify('window/workDoneProgress/cancel', { token = tokens[1] })
  wait_for_end()
  seen.untouched = text() == before
end

-- The menu's offer for a comment, before which nothing is known of the file but its text.
function scenes.comment()
  open()
  wait_for('the server', function() return client() and client().initialized end)
  vim.fn.search('suffice:')
  local before = text()
  wait_for('the offer', function() return listed('Do what this comment asks') end)
  choose('Do what this comment asks')
  wait_for('the edit', function() return text() ~= before end)
  wait_for_end()
  seen.edited = text()
  vim.cmd('silent undo')
  seen.undone = text() == before
end

-- The key map of docs/editors.md that asks for an instruction, here for two selected lines.
function scenes.instruct()
  open()
  wait_for('the server', function() return client() and client().initialized end)
  local before = text()
  vim.ui.input = function(_, on_input) on_input('let total take a tax') end
  vim.fn.search('def total')
  press('Vj<leader>se')
  wait_for('the edit', function() return text() ~= before end)
  wait_for_end()
  seen.edited = text()
end

-- The key map of docs/editors.md that reviews what is not committed, and here not even saved.
function scenes.review()
  open()
  wait_for('the server', function() return client() and client().initialized end)
  local buffer = vim.api.nvim_get_current_buf()
  vim.fn.search('-(-len')
  vim.api.nvim_set_current_line('    return len(items) // size')
  press('<leader>sr')
  wait_for_end()
  wait_for('a finding', function() return #vim.diagnostic.get(buffer) > 0 end)
  seen.found = vim.tbl_map(function(d)
    return { source = d.source, line = d.lnum + 1, message = d.message }
  end, vim.diagnostic.get(buffer))
  wait_for('the report', function() return vim.api.nvim_get_current_buf() ~= buffer end)
  seen.report = text()
  seen.filetype = vim.bo.filetype
end

-- The user goes on with the very line that the model is asked about.
function scenes.type_there()
  open_and_see()
  choose('Fix ')
  wait_until_asked()
  type_at_end_of_line(5, '  # mine')
  let_it_be_heard()
  seen.typed = text()
  mark('go')
  wait_for_end()
  seen.after = text()
end

-- The user types a line above meanwhile.
function scenes.type_above()
  open_and_see()
  choose('Fix ')
  wait_until_asked()
  vim.api.nvim_buf_set_lines(0, 0, 0, false, { 'MINE = "🙂"' })
  let_it_be_heard()
  mark('go')
  wait_for_end()
  seen.after = text()
end

-- The edit arrives before the server has heard of what was typed.
local function type_unheard(change_first)
  vim.lsp.config('suffice', { flags = { debounce_text_changes = 30000 } })
  open_and_see()
  change_first()
  choose('Fix ')
  wait_until_asked()
  type_at_end_of_line(5, '  # mine')
  seen.typed = text()
  mark('go')
  wait_for_end()
  seen.after = text()
end

-- Neovim sends a document that it has just opened as version 0, and checks no version of that.
function scenes.type_unheard_in_new()
  type_unheard(function() end)
end

function scenes.type_unheard_in_changed()
  type_unheard(function()
    vim.api.nvim_buf_set_lines(0, -1, -1, false, { '', '', 'LAST = 1' })
    let_it_be_heard()
  end)
end

-- Moves the cursor, and asks each time as plug-ins do that show a light bulb; not all say that nobody wants to see it.
function scenes.wander()
  open_and_see()
  local lines, listed = vim.api.nvim_buf_line_count(0), 0
  for move = 1, 500 do
    vim.api.nvim_win_set_cursor(0, { move % lines + 1, 0 })
    listed = listed + #code_actions(move % 2 == 0 and vim.lsp.protocol.CodeActionTriggerKind.Automatic or nil)
  end
  seen.listed = listed
end

scenes[scene]()
io.stdout:write(vim.json.encode(seen) .. '\n')
vim.cmd('qall!')
