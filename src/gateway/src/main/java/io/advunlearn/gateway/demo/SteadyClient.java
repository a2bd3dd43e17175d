package io.advunlearn.gateway.demo;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A client that goes on asking for images, whatever happens on the server, and counts what it gets. */
final class SteadyClient implements AutoCloseable {

    private static final long PAUSE_MILLIS = 3000;

    private final ImageClient client;
    private final List<String> prompts;
    private final Thread thread = new Thread(this::run, "steady-client");
    private final Map<String, Integer> byEncoder = new TreeMap<>();
    private final List<Double> seconds = new ArrayList<>();
    private final List<String> losses = new ArrayList<>();
    private volatile boolean stopping;
    private int sent;

    SteadyClient(ImageClient client, List<String> prompts) {
        this.client = client;
        this.prompts = prompts;
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * @param sent requests sent
     * @param answered images received
     * @param lost requests that got anything else
     * @param losses what they got
     * @param byEncoder images by the encoder that made them
     * @param medianSeconds of an answer
     * @param slowestSeconds of an answer
     */
    record Count(int sent, int answered, int lost, List<String> losses, Map<String, Integer> byEncoder, double medianSeconds,
            double slowestSeconds) {
    }

    private void run() {
        try {
            while (!stopping) {
                ask(sent++);
                Thread.sleep(PAUSE_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void ask(int number) throws InterruptedException {
        long start = System.nanoTime();
        try {
            ImageClient.Answer answer = client.generate(prompts.get(number % prompts.size()), 1_000_000L + number);
            byEncoder.merge(answer.encoder(), 1, Integer::sum);
            seconds.add((System.nanoTime() - start) / 1e9);
        } catch (IOException e) {
            losses.add("request " + number + ": " + e.getMessage());
        }
    }

    /** Lets the last request end and counts. */
    Count stop() throws InterruptedException {
        close();
        Collections.sort(seconds);
        return new Count(sent, seconds.size(), sent - seconds.size(), losses, byEncoder, seconds.isEmpty() ? 0 : seconds.get(seconds.size() / 2),
                seconds.isEmpty() ? 0 : seconds.get(seconds.size() - 1));
    }

    @Override
    public void close() throws InterruptedException {
        stopping = true;
        thread.join();
    }
}
