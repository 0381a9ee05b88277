-- Drives a real Neovim: open the file, wait for the diagnostic, choose the quick fix, undo it once.
-- Prints what it saw as one JSON document.
local server, file, root = arg[1], arg[2], arg[3]
local seen = { menu = {}, messages = {} }

local function wait_for(what, condition)
  assert(vim.wait(20000, condition, 20), 'timed out waiting for ' .. what)
end

local function text()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n') .. '\n'
end

vim.lsp.handlers['window/showMessage'] = function(_, result)
  table.insert(seen.messages, result.message)
end

local progress_end
vim.api.nvim_create_autocmd('LspProgress', {
  callback = function(event)
    local value = event.data.params.value
    if value.kind == 'end' then
      progress_end = value.message
    end
  end,
})

vim.lsp.config('suffice', { cmd = { server, 'lsp' }, filetypes = { 'python' }, root_dir = root })
vim.lsp.enable('suffice')
vim.cmd('filetype on')
vim.cmd.edit(file)
wait_for('a diagnostic', function() return #vim.diagnostic.get(0) > 0 end)

local diagnostic = vim.diagnostic.get(0)[1]
seen.code, seen.source = diagnostic.code, diagnostic.source
seen.encoding = vim.lsp.get_clients()[1].offset_encoding
local before = text()

vim.api.nvim_win_set_cursor(0, { diagnostic.lnum + 1, diagnostic.col })
vim.ui.select = function(items, _, on_choice)
  for _, item in ipairs(items) do
    table.insert(seen.menu, item.action.title)
  end
  on_choice(items[1])
end
vim.lsp.buf.code_action()
wait_for('the edit', function() return text() ~= before end)
wait_for('the end of the progress', function() return progress_end end)
seen.fixed, seen.progress = text(), progress_end

vim.cmd('silent undo')
seen.undone = text() == before
io.stdout:write(vim.json.encode(seen) .. '\n')
vim.cmd('qall!')
