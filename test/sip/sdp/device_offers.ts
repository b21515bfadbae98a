/** Offers in the manner of the systems that calls come from; addresses and ids are of the documentation ranges. */
export const DEVICE_OFFERS = {
  asterisk: `v=0
o=- 1429284841 1429284841 IN IP4 192.0.2.10
s=Asterisk
c=IN IP4 192.0.2.10
t=0 0
m=audio 12752 RTP/AVP 8 0 111 9 3 101
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:111 G726-32/8000
a=rtpmap:9 G722/8000
a=rtpmap:3 GSM/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=ptime:20
a=maxptime:150
a=sendrecv
`,
  freeswitch: `v=0
o=FreeSWITCH 1527842016 1527842017 IN IP4 192.0.2.11
s=FreeSWITCH
c=IN IP4 192.0.2.11
t=0 0
m=audio 27870 RTP/AVP 102 9 0 8 103 101 13
a=rtpmap:102 opus/48000/2
a=fmtp:102 useinbandfec=1; maxaveragebitrate=30000; maxplaybackrate=48000; ptime=20; minptime=10; maxptime=40
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:103 telephone-event/48000
a=fmtp:103 0-16
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=rtpmap:13 CN/8000
a=rtcp-mux
a=rtcp:27870 IN IP4 192.0.2.11
a=ptime:20
`,
  cube: `v=0
o=CiscoSystemsSIP-GW-UserAgent 8965 7288 IN IP4 192.0.2.12
s=SIP Call
c=IN IP4 192.0.2.12
t=0 0
m=audio 18406 RTP/AVP 18 0 100 101 19
c=IN IP4 192.0.2.112
a=rtpmap:18 G729/8000
a=fmtp:18 annexb=no
a=rtpmap:0 PCMU/8000
a=rtpmap:100 X-NSE/8000
a=fmtp:100 192-194
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=rtpmap:19 CN/8000
a=ptime:20
`,
  cubeForking: `v=0
o=CiscoSystemsSIP-GW-UserAgent 5511 2889 IN IP4 192.0.2.12
s=SIP Call
c=IN IP4 192.0.2.12
t=0 0
m=audio 8086 RTP/AVP 0 101 19
c=IN IP4 192.0.2.12
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=rtpmap:19 CN/8000
a=ptime:20
a=sendonly
a=label:1

m=audio 8088 RTP/AVP 0 101 19
c=IN IP4 192.0.2.12
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=rtpmap:19 CN/8000
a=ptime:20
a=sendonly
a=label:2
`,
  avaya: `v=0
o=- 1610619523 1 IN IP4 192.0.2.13
s=-
c=IN IP4 192.0.2.13
b=TIAS:64000
t=0 0
a=avf:avc=n prio=n
a=csup:avf-v0
m=audio 2064 RTP/AVP 0 18 127
c=IN IP4 192.0.2.14
a=sendrecv
a=rtpmap:0 PCMU/8000
a=rtpmap:18 G729/8000
a=fmtp:18 annexb=no
a=rtpmap:127 telephone-event/8000
a=ptime:20
`,
  twilio: `v=0
o=root 81565042 81565042 IN IP4 192.0.2.15
s=Twilio Media Gateway
c=IN IP4 192.0.2.15
t=0 0
m=audio 40150 RTP/AVP 0 8 101
a=maxptime: 20
a=rtpmap: 0 PCMU/8000
a=rtpmap: 8 PCMA/8000
a=rtpmap: 101 telephone-event/8000
a=fmtp: 101 0-16
a=sendrecv
a=rtcp: 40151
a=ptime: 20
`,
  twilioSecure: `v=0
o=root 1311022221 1311022221 IN IP4 192.0.2.15
s=Twilio Media Gateway
c=IN IP4 192.0.2.15
t=0 0
m=audio 12692 RTP/SAVP 0 8 101
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNk
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=ptime:20
a=maxptime:20
a=sendrecv
`,
  telnyx: `v=0
o=FreeSWITCH 1700412345 1700412346 IN IP4 192.0.2.16
s=FreeSWITCH
c=IN IP4 192.0.2.16
t=0 0
m=audio 21260 RTP/AVP 18 9 0 8 101 13
a=rtpmap:18 G729/8000
a=fmtp:18 annexb=no
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=rtpmap:13 CN/8000
a=rtcp:21261
a=ptime:20
`,
  rtpengine: `v=0
o=- 1727914716 1727914717 IN IP4 192.0.2.17
s=-
c=IN IP4 192.0.2.17
t=0 0
m=audio 47950 RTP/AVP 8 0 96 97 101
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:96 opus/48000/2
a=fmtp:96 useinbandfec=1
a=rtpmap:97 telephone-event/48000
a=fmtp:97 0-15
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=silenceSupp:off - - - -
a=sendrecv
a=rtcp:47951
a=ptime:20
a=maxptime:140
a=ice-ufrag:0zi9oxQ9
a=ice-pwd:wiZsiqetfuHJ1XiPfU1dDRQ5bo
a=candidate:G07SPNEwcSmeGzo8 1 UDP 2130706431 192.0.2.17 47950 typ host
a=candidate:G07SPNEwcSmeGzo8 2 UDP 2130706430 192.0.2.17 47951 typ host
`,
  baresip: `v=0
o=- 2237437666 647389653 IN IP4 192.0.2.18
s=-
c=IN IP4 192.0.2.18
t=0 0
a=tool:baresip 0.6.3
m=audio 8570 RTP/AVP 96 9 8 0 10
a=rtpmap:96 AMR-WB/16000
a=rtpmap:9 G722/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:10 telephone-event/8000
a=fmtp:10 0-15
a=sendrecv
a=rtcp-rsize
a=ssrc:3299428848 cname:sip:alice@example.com
a=mid:0
a=minptime:20
a=ptime:20
a=label:1
`,
  linphone: `v=0
o=alice 2817 1985 IN IP6 2001:db8::19
s=Talk
c=IN IP6 2001:db8::19
b=AS:512
t=0 0
a=ice-pwd:895d2d3abb9bb903873224f2
a=ice-ufrag:cb5f49e1
a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics
m=audio 7076 RTP/AVPF 96 97 98 0 8 18 101 99 100
a=rtpmap:96 opus/48000/2
a=fmtp:96 useinbandfec=1
a=rtpmap:97 speex/16000
a=fmtp:97 vbr=on
a=rtpmap:98 speex/8000
a=fmtp:98 vbr=on
a=fmtp:18 annexb=yes
a=rtpmap:101 telephone-event/48000
a=rtpmap:99 telephone-event/16000
a=rtpmap:100 telephone-event/8000
a=candidate:1 1 UDP 2130706431 2001:db8::19 7076 typ host
a=rtcp-fb:* trr-int 5000
m=video 9078 RTP/AVPF 96 97
a=rtpmap:96 VP8/90000
a=rtpmap:97 H264/90000
a=fmtp:97 profile-level-id=42801F
a=rtcp-fb:* ccm fir
`,
  livekitSip: `v=0
o=- 3094585973 3094585975 IN IP4 192.0.2.20
s=LiveKit
c=IN IP4 192.0.2.20
t=0 0
m=audio 10013 RTP/AVP 9 0 8 101
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=ptime:20
a=sendrecv
`,
  audiocodes: `v=0
s=Phone-Call
t=0 0
o=AudiocodesGW 87943 43401 IN IP4 192.0.2.21
c=IN IP4 192.0.2.21
m=audio 6000 RTP/AVP 8 96
a=rtpmap:8 pcma/8000
a=rtpmap:96 telephone-event/8000
a=fmtp:96 0-15
a=ptime:20
`,
  threeCx: `v=0
o=3cxPS 139133452288 282142441473 IN IP4 192.0.2.22
s=3cxPS Audio call
c=IN IP4 192.0.2.22
t=0 0
m=audio 12212 RTP/AVP 0 102
a=rtpmap:0 PCMU/8000
a=ptime:20
a=rtpmap:102 telephone-event/8000
a=fmtp:102 0-15
a=sendrecv
`,
  browser: `v=0
o=- 4726693211641306457 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE audio
a=msid-semantic: WMS cb056a4b
m=audio 54824 UDP/TLS/RTP/SAVPF 111 9 0 8 13 126
c=IN IP4 192.0.2.23
a=rtcp:9 IN IP4 0.0.0.0
a=candidate:361153191 1 udp 2122260223 192.0.2.23 54824 typ host generation 0
a=ice-ufrag:+Lgl
a=ice-pwd:U/lEIPiHSKNV/cGgZNqPXewn
a=fingerprint:sha-256 FA:26:3E:FD:42:92
a=setup:actpass
a=mid:1
a=sendrecv
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=rtpmap:126 telephone-event/8000
`,
  thirdParty: `v=0
o=click-to-dial 0 0 IN IP4 0.0.0.0
s=session
c=IN IP4 0.0.0.0
b=CT:1000
t=0 0
m=audio 9 RTP/AVP 0
a=rtpmap:0 PCMU/8000
`,
} as const;
