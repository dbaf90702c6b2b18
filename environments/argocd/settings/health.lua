-- Health of a batch/v1 Job, also one that Kueue admits: such a Job keeps the condition Suspended with status False, which
-- says that it waits no longer, not that it succeeded. Only Complete and Failed end a Job.
local health = { status = "Progressing", message = "its pods have not finished" }
if obj.spec ~= nil and obj.spec.suspend == true then
  health = { status = "Suspended", message = "it waits to be admitted" }
end
if obj.status ~= nil and obj.status.conditions ~= nil then
  for _, condition in ipairs(obj.status.conditions) do
    if condition.status == "True" then
      if condition.type == "Failed" then
        return { status = "Degraded", message = condition.message or "it failed" }
      elseif condition.type == "Complete" then
        return { status = "Healthy", message = "it completed" }
      elseif condition.type == "Suspended" then
        health = { status = "Suspended", message = "it waits to be admitted" }
      end
    end
  end
end
return health
