package io.advunlearn.gateway.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.StringJoiner;

/** Waits until every replica serves what was promoted. */
final class RolloutWait {

    private static final long PAUSE_MILLIS = 200;

    private final AdminClient admin;
    private final String path;

    RolloutWait(AdminClient admin, String pipeline) {
        this.admin = admin;
        path = "/pipelines/" + pipeline + "/rollout";
    }

    /** Says who serves it in the end. @return whether all do */
    boolean until(long generation, Duration limit, PrintWriter out) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        JsonNode rollout = admin.get(path);
        while (!isComplete(rollout, generation) && System.nanoTime() < deadline) {
            Thread.sleep(PAUSE_MILLIS);
            rollout = admin.get(path);
        }
        boolean complete = isComplete(rollout, generation);
        out.printf("%d of %d replicas serve it%s%n", rollout.path("upToDate").asInt(), rollout.path("counted").asInt(), complete ? "" : behind(rollout));
        return complete;
    }

    /** A later generation counts as well. */
    private static boolean isComplete(JsonNode rollout, long generation) {
        return rollout.path("complete").asBoolean() && rollout.path("generation").asLong() >= generation;
    }

    private static String behind(JsonNode rollout) {
        StringJoiner replicas = new StringJoiner("; ", ", not yet: ", "");
        for (JsonNode replica : rollout.path("replicas")) {
            if (!replica.path("upToDate").asBoolean()) {
                replicas.add("%s (%s, %s, generation %d%s)".formatted(replica.path("replica").asText(), replica.path("heartbeat").asText(),
                        replica.path("state").asText(), replica.path("generation").asLong(),
                        replica.path("error").isNull() ? "" : ": " + replica.path("error").asText()));
            }
        }
        return replicas.toString();
    }
}
