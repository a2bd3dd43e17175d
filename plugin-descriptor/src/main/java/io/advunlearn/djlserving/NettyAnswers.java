package io.advunlearn.djlserving;

import io.advunlearn.service.json.Answer;
import io.advunlearn.service.json.SecurityHeaders;
import io.advunlearn.service.json.ServerSentEvents;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;

/** Writes the service's answers to a channel. */
final class NettyAnswers {

    private NettyAnswers() {
    }

    /** @param keepAlive whether the client wants to send more on this connection */
    static void send(ChannelHandlerContext context, Answer answer, boolean keepAlive) {
        Channel channel = context.channel();
        if (!channel.isActive()) {
            return;
        }
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(answer.status()),
                Unpooled.wrappedBuffer(answer.body()));
        SecurityHeaders.ALL.forEach((name, value) -> response.headers().set(name, value));
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, answer.mediaType());
        answer.headers().forEach((name, value) -> response.headers().set(name, value));
        HttpUtil.setContentLength(response, answer.body().length);
        HttpUtil.setKeepAlive(response, keepAlive);
        var written = context.writeAndFlush(response);
        if (!keepAlive) {
            written.addListener(ChannelFutureListener.CLOSE);
        }
    }

    /** Sends an answer whose body is events, as they come, and closes the connection behind the last. */
    static void stream(ChannelHandlerContext context, Answer answer, ServerSentEvents events) {
        begin(context, answer);
        events.to(new ServerSentEvents.Sink() {

            @Override
            public void send(byte[] text) {
                context.writeAndFlush(new DefaultHttpContent(Unpooled.wrappedBuffer(text)));
            }

            @Override
            public void end() {
                NettyAnswers.end(context);
            }
        });
    }

    /** Sends the head of an answer whose body follows in pieces. */
    static void begin(ChannelHandlerContext context, Answer answer) {
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(answer.status()));
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, answer.mediaType());
        answer.headers().forEach((name, value) -> response.headers().set(name, value));
        HttpUtil.setTransferEncodingChunked(response, true);
        HttpUtil.setKeepAlive(response, false);
        context.writeAndFlush(response);
    }

    /** Ends such a body, and the connection with it. */
    static void end(ChannelHandlerContext context) {
        context.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT).addListener(ChannelFutureListener.CLOSE);
    }
}
