/* tasks.c - what became of the newest requests. */

#include <string.h>

#include "agent/broker.h"

#define TEXT_MAX ((size_t)256 * 1024)

static const char *task_status_name(enum agent_task_status status)
{
    switch (status) {
    case AGENT_INPROGRESS: return "INPROGRESS";
    case AGENT_FAILED: return "FAILED";
    case AGENT_SUCCESS: return "SUCCESS";
    case AGENT_DENIED: return "DENIED";
    case AGENT_PENDING_WHITELIST: return "PENDING_WHITELIST";
    }
    return "FAILED";
}

static void task_clear(struct agent_task *task)
{
    agent_outcome_clear(&task->outcome);
    buffer_clear(&task->request);
    *task = (struct agent_task){ 0 };
}

void agent_tasks_init(struct agent_tasks *tasks)
{
    memset(tasks, 0, sizeof(*tasks));
    (void)pthread_mutex_init(&tasks->lock, NULL);
}

void agent_tasks_clear(struct agent_tasks *tasks)
{
    for (size_t i = 0; i < AGENT_TASKS_MAX; i++)
        task_clear(&tasks->task[i]);
    (void)pthread_mutex_destroy(&tasks->lock);
}

/* `code` and `detail` are additions of ours: the product's clients ignore
 * members they do not know. */
static struct status write_task(const struct api_id *id,
                                const struct agent_outcome *outcome,
                                struct buffer *out)
{
    char text[API_ID_TEXT];
    api_id_text(id, text);
    buffer_printf(out, "{\"task_id\":\"%s\",\"task_status\":\"%s\"", text,
                  task_status_name(outcome->status));
    if (outcome->status == AGENT_SUCCESS) {
        buffer_put_string(out, ",\"certificate\":");
        api_json_string(buffer_bytes(&outcome->certificate), out);
    }
    if (outcome->code[0]) {
        buffer_put_string(out, ",\"code\":");
        api_json_string(bytes_of_string(outcome->code), out);
        buffer_put_string(out, ",\"detail\":");
        api_json_string(bytes_of_string(outcome->detail.text), out);
    }
    buffer_put_string(out, "}");
    return buffer_status(out);
}

static struct agent_task *find(struct agent_tasks *tasks,
                               const struct api_id *id)
{
    for (size_t i = 0; i < AGENT_TASKS_MAX; i++) {
        struct agent_task *task = &tasks->task[i];
        if (task->used && api_id_equal(&task->id, id))
            return task;
    }
    return NULL;
}

static struct status keep_request(struct agent_task *task, struct bytes request)
{
    task->request = buffer_make(TEXT_MAX);
    buffer_put(&task->request, request);
    return buffer_status(&task->request);
}

/* Takes the outcome over, success or not. */
static struct status keep(struct agent_tasks *tasks, const struct api_id *id,
                          struct bytes request, struct agent_outcome *outcome)
{
    struct status s = OK;
    (void)pthread_mutex_lock(&tasks->lock);
    struct agent_task *task = &tasks->task[tasks->next];
    tasks->next = (tasks->next + 1) % AGENT_TASKS_MAX;
    task_clear(task);
    task->used = true;
    task->id = *id;
    task->outcome = *outcome;
    *outcome = (struct agent_outcome){ 0 };
    if (task->outcome.status == AGENT_PENDING_WHITELIST)
        s = keep_request(task, request);
    (void)pthread_mutex_unlock(&tasks->lock);
    return s;
}

struct status agent_tasks_issue(struct agent_tasks *tasks,
                                const struct agent_broker *broker,
                                struct bytes request, struct buffer *out)
{
    struct api_id id;
    struct agent_outcome outcome;
    TRY(api_id_random(&id));
    agent_broker_ask(broker, request, &outcome);
    struct status s = write_task(&id, &outcome, out);
    if (!failed(s))
        s = keep(tasks, &id, request, &outcome);
    agent_outcome_clear(&outcome);
    return s;
}

/* Hands out the kept request of a task that waits for approval, and marks it
 * so that nobody else asks at the same time: the broker takes evidence once
 * only, and the second to ask would be told DENIED. */
static bool begin_again(struct agent_tasks *tasks, const struct api_id *id,
                        struct buffer *request)
{
    (void)pthread_mutex_lock(&tasks->lock);
    struct agent_task *task = find(tasks, id);
    bool again = task && task->outcome.status == AGENT_PENDING_WHITELIST;
    if (again) {
        buffer_put(request, buffer_bytes(&task->request));
        again = !failed(buffer_status(request));
    }
    if (again)
        task->outcome.status = AGENT_INPROGRESS;
    (void)pthread_mutex_unlock(&tasks->lock);
    return again;
}

/* The task may have had to make room meanwhile; then there is none. */
static void end_again(struct agent_tasks *tasks, const struct api_id *id,
                      struct agent_outcome *outcome)
{
    (void)pthread_mutex_lock(&tasks->lock);
    struct agent_task *task = find(tasks, id);
    if (task) {
        struct agent_outcome before = task->outcome;
        task->outcome = *outcome;
        *outcome = before;
        /* The broker being away changes nothing: it can be asked again. */
        if (task->outcome.status == AGENT_FAILED)
            task->outcome.status = AGENT_PENDING_WHITELIST;
        else if (task->outcome.status != AGENT_PENDING_WHITELIST)
            buffer_clear(&task->request);
    }
    (void)pthread_mutex_unlock(&tasks->lock);
}

struct status agent_tasks_result(struct agent_tasks *tasks,
                                 const struct agent_broker *broker,
                                 const struct api_id *id, struct buffer *out)
{
    AUTO_CLEAR_BUFFER request = buffer_make(TEXT_MAX);
    if (begin_again(tasks, id, &request)) {
        struct agent_outcome outcome;
        agent_broker_ask(broker, buffer_bytes(&request), &outcome);
        end_again(tasks, id, &outcome);
        agent_outcome_clear(&outcome);
    }
    (void)pthread_mutex_lock(&tasks->lock);
    const struct agent_task *task = find(tasks, id);
    struct status s = task ? write_task(id, &task->outcome, out)
                           : failure(STATUS_NOT_FOUND, "task", 0);
    (void)pthread_mutex_unlock(&tasks->lock);
    return s;
}
